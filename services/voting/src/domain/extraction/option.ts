import { MAX_LINE } from '../answer.ts';
import { sentenceEnd, statementAfter, statementWords } from './phrase.ts';
import type { Candidate, Span } from './span.ts';

/** Statements that are looked at, from the last one on. */
const MAX_STATEMENTS = 8;

/** Markup before a letter, and the letter; lower case where something says that it is no word. */
const LETTER =
  /(?:[\s*_`"'“‘$[{]|\\[([]|<[a-z]{1,6}>|\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it)|mbox) ?\{){0,12}(?:(?:the )?(?:(?:correct|right|best) )?(?:[Oo]ption|[Cc]hoice|[Ll]etter|[Aa]lternative|[Aa]nswer)s?:? {0,2}(?:is )?[*_"'`]{0,3})?(?:\(([A-Ea-e])\)|([A-E])(?![\p{L}\p{N}^+/=_-]|['’]\p{L}| ?[=+^/>×]| ?<(?!\/))|([a-e])(?=[).,;:*_\]}"'`]{1,4}(?:\s|$)|\s*$|\n| (?:because|since)(?!\p{L})))/uy;
/** `A` before a word is an article, unless the sentence goes on with a reason. */
const ARTICLE = /^ (?!(?:because|since|as|for|which|given|due|by|here|with)(?!\p{L}))\p{L}/u;
/** Another letter beside the first: nothing is chosen. */
const ANOTHER =
  /^[)\]*_"'`.]{0,4}\s?(?:,|or|and|\/|&)\s?(?:option |choice )?\(?[*_]{0,2}[A-E](?![\p{L}\p{N}'])/u;
/** The letter begins a sentence of its own ("so A is wrong"), or is asked about. */
const VERB =
  /^[)\]*_"'`.]{0,4}(?:\?| (?:is|isn['’]t|are|was|cannot|can|can['’]t|does|doesn['’]t|seems|looks|would|must|has)(?!\p{L}))/iu;

/** Words before the letter that they choose, in groups: what is best, who chooses, what it is, what follows. */
const CHOOSING = new RegExp(
  `(?:${[
    '(?:correct|right|best|final|only|appropriate|accurate|likely|suitable) (?:one|option|choice|alternative|letter|response|statement)(?: here)?(?: (?:is|would be|must be|should be|has to be)|:)',
    '(?<![a-z])(?:select(?:ed|ion)|choice)(?: (?:option|answer))?:',
    '["\'](?:choice|option|letter|selected(?:_option)?)["\'] ?:',
    "(?<![a-z])(?:I|we)(?:['’]d|['’]ll| would| will| must| have to| should)?(?: (?:therefore|thus|then|so))? (?:choose|chose|pick|select|go for|say|vote for|opt for|conclude(?: that)?(?: it is)?)",
    '(?<![a-z])go(?:ing)? with',
    '(?<![a-z])(?:my|our) (?:choice|pick|vote)(?: is|:)',
    '(?:^|[.\\n] ?)(?:choose|pick|select)',
    '(?:^|\\n)[*_# ]{0,4}(?:(?:final|correct) )?answer(?: [-–—])?',
    '(?:corresponds to|matches|match|which is|leaves(?: us with)?|leaving)(?: only)? (?:the )?(?:option|choice|answer)',
    "(?<![a-z])(?:it|this|that)(?:['’]s| (?:is|must be|has to be|should be|would be))",
    '(?<![a-z])(?:leaves(?: us with)?|leaving)(?: only)?',
    '(?<![a-z])(?:therefore|thus|hence|so|conclusion)[,:]?',
  ].join('|')})(?:\\s|[:*_])`,
  'giu',
);
/** Words behind the letter that they choose: "(B) is correct". */
const CHOSEN =
  /(?:\(([A-Ea-e])\)|(?<=(?<!\p{L})(?:[Oo]ption|[Cc]hoice) [*_]{0,2})([a-e])|(?<=(?:^|[.,:;\n*_"“]|(?<!\p{L})(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Ll]etter|[Ss]tatement|that|[Ss]o|[Tt]hus|[Tt]herefore|[Hh]ence|think|believe|say|conclude|[Oo]nly)) ?[*_]{0,2})([A-E]))[*_)"'`.:]{0,4},? (?:is|must be|would be|has to be|seems) (?:(?:therefore|thus|clearly|indeed|obviously|definitely|also|probably) )?(?:(?:the|my|our) )?(?:(?:only|most|single|final) )?(?:correct|right|best|true|appropriate|accurate|answer|choice)(?![\p{L}-])/dgu;
const REFUSED = /(?:\bnot|n['’]t|never|neither|cannot)(?: \p{L}{1,10}){0,2}\s*$/iu;
const SUPPOSED = /\b(?:if|whether|suppose|assuming|assume|unless)\b[^.\n]{0,24}$/i;
/** A letter that a statement names behind its answer: "The answer is Paris (B)". */
const NAMED = /\(([A-E])\)|(?<!\p{L})(?:[Oo]ption|[Cc]hoice) \(?([A-E])(?![\p{L}\p{N}'’])/dgu;

/** A letter as the mark of an option in a list. */
const LABEL = /(?:^|[\s(*])([A-E])[).:]/g;
/** A line that is one letter in markup. */
const BARE =
  /^(?:[\s*_#>"'`“‘$.([{-]|<[a-z]{1,6}>|\\[([]|\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it)|mbox) ?\{)*(?:(?:option|choice)[: ]+[(*_]{0,4})?([A-Ea-e])(?:[\s*_"'`”’$.)\]},!:]|<\/[a-z]{1,6}>|\\[)\]])*$/di;
/** A line that begins with a letter and goes on with its text, or with a reason. */
const LABELLED =
  /^[\s*_([]*([A-E])(?:[*_]*[)\].:][*_]* +\S|[*_]* [-–—] \S|[*_)\].]{0,4},? (?:because|since)(?![a-z]))/d;

/** Letters that a response chooses in words, the last statement first. */
export function chosen(text: string): Candidate[] {
  const found: (Span | undefined)[] = [];
  for (const word of statementWords(text)) {
    const statement = statementAfter(text, word, []);
    if (statement) found.push(letterAt(text, statement.at) ?? letterIn(text, statement.at));
  }
  for (const { 0: words, index } of lastOf(text.matchAll(CHOOSING)))
    if (!isDoubted(text, index)) found.push(letterAt(text, index + words.length));
  for (const { index, indices } of lastOf(text.matchAll(CHOSEN)))
    if (!isDoubted(text, index)) found.push(groupAt(indices));
  return found.filter((one) => one !== undefined).sort((a, b) => b.from - a.from);
}

/** The letter that stands alone on the last line, and so comes after every statement. */
export function lastLetter(text: string): Span | undefined {
  const { from, to } = lastLine(text);
  return bareLetter(text, from, to);
}

/**
 * The letter of the last line, or of the first as an answer with its reasons below: alone, or before its text where the
 * response lists no other option.
 */
export function loneLetters(text: string): Span[] {
  const begin = text.length - text.trimStart().length;
  const newline = text.indexOf('\n', begin);
  const first = { from: begin, to: newline < 0 ? text.length : newline };
  return [lastLine(text), first].flatMap(
    ({ from, to }) => bareLetter(text, from, to) ?? labelledLetter(text, from, to) ?? [],
  );
}

function lastLine(text: string): Span {
  const to = text.trimEnd().length;
  return { from: text.lastIndexOf('\n', to - 1) + 1, to };
}

/** The letter that a stretch is, whatever markup stands around it. */
export function bareLetter(text: string, from: number, to: number): Span | undefined {
  if (to - from > MAX_LINE) return undefined;
  const at = BARE.exec(text.slice(from, to))?.indices?.[1]?.[0];
  return at === undefined ? undefined : { from: from + at, to: from + at + 1 };
}

function labelledLetter(text: string, from: number, to: number): Span | undefined {
  if (to - from > MAX_LINE) return undefined;
  const line = text.slice(from, to);
  const at = LABELLED.exec(line)?.indices?.[1]?.[0];
  if (at === undefined || VERB.test(line.slice(at + 1)) || listsOthers(text, line[at]))
    return undefined;
  return { from: from + at, to: from + at + 1 };
}

function listsOthers(text: string, letter: string | undefined): boolean {
  for (const [, label] of text.matchAll(LABEL)) if (label !== letter) return true;
  return false;
}

/** The letter at `at`, behind markup; none where it is an article, begins a sentence or stands beside another. */
function letterAt(text: string, at: number): Span | undefined {
  LETTER.lastIndex = at;
  const match = LETTER.exec(text);
  if (!match) return undefined;
  const end = at + match[0].length;
  const [, bracketed, bare] = match;
  const after = text.slice(end, end + 32);
  if (ANOTHER.test(after) || VERB.test(after)) return undefined;
  if (bare === 'A' && ARTICLE.test(after)) return undefined;
  const to = bracketed === undefined ? end : end - 1;
  return { from: to - 1, to };
}

/** The one letter that a sentence names. */
function letterIn(text: string, at: number): Span | undefined {
  const line = text.slice(at, at + MAX_LINE);
  const sentence = line.slice(0, sentenceEnd(line, false));
  const named = [...sentence.matchAll(NAMED)].map(({ indices }) => groupAt(indices));
  const [first] = named;
  if (first === undefined || named.length > 1 || REFUSED.test(sentence.slice(0, first.from)))
    return undefined;
  return { from: at + first.from, to: at + first.to };
}

/** Where the one group of a match stands that has matched. */
function groupAt(indices: RegExpIndicesArray | undefined): Span | undefined {
  const group = indices?.slice(1).find((one) => one !== undefined);
  return group && { from: group[0], to: group[1] };
}

function isDoubted(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 40), at);
  return REFUSED.test(before) || SUPPOSED.test(before);
}

function lastOf<T>(items: Iterable<T>): T[] {
  return [...items].slice(-MAX_STATEMENTS);
}
