import { MAX_ANSWER, MAX_LINE } from '../answer.ts';
import { type Candidate, isExpression, type Span, trimmed, wordsIn } from './span.ts';

/** Occurrences of the word that are looked at, from the last one on. */
const MAX_OCCURRENCES = 8;
const KEYWORD =
  /(?<![a-z])(?:answers?|ans|final (?:result|value|solution|total|amount|number|count|cost|price))(?![a-z])/gi;
/** `A: 18`, as the second half of a question and its answer. */
const REPLY = /^[ \t>*_#]{0,8}A(?=[*_]{0,2} ?:)/gm;
/** From the word to what makes it a statement, group 1: "answer (in cm) is", `answer":`, "**Answer**:", `<answer>`. */
const LEAD =
  /["'\])]?[*_`]{0,3}(?:<\/[a-z]{1,8}>)?(?:,[^.:=?!,\n]{1,40},)?(?:\s(?:to|for|of|in|choice|option|after|when|rounded|here|thus|therefore)(?![a-z])[^.:=?!\n]{0,80}?)?\s{0,3}(?:\([^()\n]{0,40}\)\s{0,3})?["'*_`]{0,3}(?:\s(?:also|then|now|thus|therefore|hence|clearly|simply|just|indeed))?\s{0,3}((?:is|are|was|were|(?:would|will|should|must|has to) be|comes (?:out )?to(?: be)?|turns out to be|becomes|equals|is equal to)(?![a-z])|->|[:=>→⇒—]|(?<=(?<![a-z])ans)(?:\.:?|(?= {1,2}(?:\([a-e]\)|[-$\d]))))/iy;
/** The word as a heading of its own: "## Final Answer", "**Answer**". */
const HEADING_BEFORE =
  /(?:^|\n)[ \t]{0,3}(?:#{1,6} |\*\*|__)[*_ ]{0,4}(?:(?:the|my|our) )?(?:(?:final|correct) )?$/i;
const HEADING_AFTER = /[*_:]{0,5}[ \t]{0,4}\n/y;
/** Space, markup and words between a statement and its answer. */
const FILLER =
  /(?:\s|[*_`](?=[*_`:]{0,3}(?:\s|$))|<\/?[a-z]{1,8}>|&nbsp;|[:>→]|\.{3}|…|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]){0,24}/iy;
const ADVERB =
  /(?:(?:therefore|thus|then|hence|simply|just|clearly|indeed|actually|now|approximately|about|around|roughly|exactly|equal to|given by|found to be|as follows|definitely|surely|probably|likely|most likely|certainly)(?![a-z])[,:]?\s{0,4}){1,3}/iy;
const DENIED = /(?:[a-z]+ly )?(?:not|neither|never|no longer|unlikely|unknown)(?![a-z])/iy;
/** What is said about an answer and is none: "I hope my answer is correct", "the answer is in the form a/b". */
const ABOUT =
  /(?:(?:in)?correct|right|wrong|(?:un)?clear|obvious|shown|below|above|found|obtained|based|determined|verified|given)(?=\s{0,3}(?:[.!,;:)]|\n|$|because|since|as|and|by|in|on|from|below|above|here))/iy;
const ABOUT_MATHEMATICS =
  /(?:an?(?! (?:dozen|hundred|thousand|million|half|quarter|third|couple)(?![a-z]))|in|to|that|this|what|how|when|where|why|here|from|likely|supposed|expected|required|asked|as)\s/iy;
const BUT =
  /,? but (?:rather |(?:it )?is |it['’]s )?|[,;] (?:it (?:is|was)|it['’]s)(?! (?:not|neither|never)(?![a-z])) (?:rather |actually |really )?/i;
/** What makes a statement of the word none: "if the answer is 5", "I don't think the answer is 5". */
const SUPPOSED =
  /(?:\b(?:if|whether|suppose|supposing|assume|assuming|unless|until|guess)|n't (?:think|believe|say)|\bnot)(?: that)?(?: (?:the|my|our|your|its))?(?: (?:final|correct|right))?\s*$/i;
/** "5 is the answer", up to the word. */
const SUBJECT_IS =
  /\s(?:is|was|must be|as)\s+(?:(?:thus|therefore|hence|indeed|also)\s)?(?:the|our|my|your)\s(?:(?:final|correct|right|required|desired)\s)?$/i;
const SUBJECT_LEAD =
  /^(?:(?:so|thus|hence|therefore|then|finally|we|i|get|have|find|that|and|now|of|course|clearly)(?![a-z])[\s,:]*)+/i;
const NO_SUBJECT = /^(?:this|that|it|what|which|here|there|he|she|these|those|who|where)(?![a-z])/i;

/** Characters that are read before a word. */
const BEFORE = 160;
/** Where a sentence gives reasons, or goes on after its answer. */
const REASON =
  /(?:,\s*|\s+|\s*\()(?:because|since|which|rather than|instead of|(?:and )?not|but|(so)|as|given|obtained|and (?:the|so|thus|therefore|hence|it|we|this|that|he|she|they|there))(?![\p{L}'])|\s*—/iu;
const REASON_OF_WORDS =
  /(?:,\s*|\s+)(?:because|since|rather than|instead of)(?![\p{L}'])|,\s*(?:which|not|but|as)(?![\p{L}'])|\s+—/iu;
/** The end of a bare value of JSON. */
const JSON_END = /[}\]\n]|,(?!\d{3}(?!\d))/;
/** The mark of a list, which is no answer: "1. Add them". */
const LIST_MARK = /^\d{1,2}[.)] +\p{L}/u;
/** What makes an announcement one of a number. */
const NUMERAL =
  /\d|(?<![a-z])(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|million|billion|dozens?|half|third|quarter)(?![a-z])/i;
/** Working whose last number is what it comes to: "3 * 4 = 12 and 5 more make 17". */
const RESULT =
  /(?:=|(?<![a-z])(?:makes?|equals|totals?|totall?ing|gives|leaves)) ?[-−$\\*]{0,4}\d[\d.,]*[^\d=]*$/i;
const SENTENCE_END = /[.!?](?=["'*_`)\]]{0,4}(?:\s|$|<))/g;
const ABBREVIATION = /(?:^|[^\p{L}])(?:rs|mr|mrs|ms|dr|st|approx|no|vs|e\.g|i\.e|p\.m|a\.m)$/iu;
const INITIAL = /(?:^|[^\p{L}])\p{Lu}$/u;

/** Pairs of delimiters of an answer; `wide` ones may hold several lines. */
const DELIMITERS = [
  { open: '$$', close: '$$', wide: true, mathematics: true },
  { open: '$', close: '$', wide: false, mathematics: true },
  { open: '\\(', close: '\\)', wide: false, mathematics: true },
  { open: '\\[', close: '\\]', wide: true, mathematics: true },
  { open: '**', close: '**', wide: false, mathematics: false },
  { open: '__', close: '__', wide: false, mathematics: false },
  { open: '`', close: '`', wide: false, mathematics: false },
  { open: '"', close: '"', wide: false, mathematics: false },
  { open: '“', close: '”', wide: false, mathematics: false },
  { open: '*', close: '*', wide: false, mathematics: false },
] as const;
/** A delimited answer is only a part where a list, a sum or a range goes on behind it. */
const CONTINUES =
  /\s{0,3}(?:(?:,|;|and|or|, ?and|, ?or|to|by|\\pm|±|x|×|[-+/^=])\s{0,3}[$\\*\d(["“[{`_]|(?:and|or)\s|[a-z]{1,12},?\s(?:and|or)\s{0,3}[$\\*\d(])/iy;
const UNIT =
  /\s?(?:\\?%|°|(?:square |cubic )?[a-zA-Z]{1,12}(?:\^?\{?[23]\}?|[²³])?(?:\/[a-z]{1,8})?)(?=\s{0,3}(?:[.!,;)]|\n|$))/y;

/** Where an answer begins that a statement announces. */
type Statement = {
  at: number;
  /** `:` and the like, which announce a whole worked answer as well. */
  isHeading: boolean;
  /** Whether the answer stands on a line of its own. */
  isBelow: boolean;
  /** What closes it, where it is a value of JSON or stands between tags. */
  closer: RegExp | undefined;
};

/**
 * What a response calls its answer, the last statement first; what it says not to be goes to `denied`. `isWords`:
 * answers are words, cut with care.
 */
export function* phrased(text: string, isWords: boolean, denied: Span[]): Iterable<Candidate> {
  for (const word of statementWords(text)) {
    const statement = statementAfter(text, word, denied);
    if (statement && isAbout(text, statement.at, isWords)) continue;
    if (!statement) {
      yield* subjects(text, word.from, isWords);
      continue;
    }
    yield* stretches(text, statement, isWords);
    const to = isWords ? undefined : unreadable(text, statement);
    if (to === undefined) continue;
    denied.push({ from: 0, to });
    return;
  }
}

function isAbout(text: string, at: number, isWords: boolean): boolean {
  return !!match(ABOUT, text, at) || (!isWords && !!match(ABOUT_MATHEMATICS, text, at));
}

/** The words that may begin or end a statement, the last first. */
export function statementWords(text: string): Span[] {
  const found: Span[] = [];
  for (const pattern of [KEYWORD, REPLY])
    for (const { 0: word, index } of text.matchAll(pattern))
      found.push({ from: index, to: index + word.length });
  return found.sort((a, b) => b.to - a.to).slice(0, MAX_OCCURRENCES);
}

/**
 * Where the answer begins that is announced by the word; undefined where it announces none. What it says not to be the
 * answer goes to `denied`.
 */
export function statementAfter(text: string, word: Span, denied: Span[]): Statement | undefined {
  const lead = match(LEAD, text, word.to) ?? headingAfter(text, word);
  if (!lead || SUPPOSED.test(text.slice(Math.max(0, word.from - BEFORE), word.from)))
    return undefined;
  if (lead[1] === '>' && text[word.from - 1] !== '<') return undefined;
  let at = word.to + lead[0].length;
  const filler = match(FILLER, text, at)?.[0] ?? '';
  at += filler.length;
  if (match(DENIED, text, at)) {
    const line = text.slice(at, at + MAX_LINE);
    const sentence = line.slice(0, sentenceEnd(line, false));
    const but = BUT.exec(sentence);
    const begin = at;
    at += but ? but.index + but[0].length : sentence.length;
    denied.push({ from: begin, to: at });
    if (!but) return undefined;
  }
  at += match(ADVERB, text, at)?.[0].length ?? 0;
  return {
    at,
    isHeading: !/^[a-z]/i.test(lead[1] ?? ''),
    isBelow: `${lead[0]}${filler}`.includes('\n'),
    closer: closerOf(text, word, lead[1]),
  };
}

function closerOf(text: string, word: Span, lead = ''): RegExp | undefined {
  if (lead === '>') return /<\//;
  return lead === ':' && /["']/.test(text[word.to] ?? '') ? JSON_END : undefined;
}

function headingAfter(text: string, word: Span): RegExpExecArray | undefined {
  if (!HEADING_BEFORE.test(text.slice(Math.max(0, word.from - 32), word.from))) return undefined;
  return match(HEADING_AFTER, text, word.to);
}

/** The stretches that an announced answer may be, the likeliest first. */
function* stretches(text: string, statement: Statement, isWords: boolean): Iterable<Candidate> {
  const { at, closer } = statement;
  const part = delimited(text, at);
  if (part && (closer || !match(CONTINUES, text, part.end))) {
    const unit = closer ? undefined : match(UNIT, text, part.end);
    if (unit) yield { from: at, to: part.end + unit[0].length };
    yield { from: part.from, to: part.to };
    return;
  }
  const line = text.slice(at, at + MAX_LINE);
  const to = at + (closer ? closed(line, closer) : sentenceEnd(line, isWords));
  if (text[to] === '?' || isWorking(text, statement, to, isWords)) return;
  const sentence = text.slice(at, to);
  const reason = (isWords ? REASON_OF_WORDS : REASON).exec(sentence);
  if (reason && reason.index > 0) {
    const isStep = reason[1] === 'so' && sentence.lastIndexOf('=', reason.index) >= 0;
    if (isStep) yield trimmed(text, at + reason.index + reason[0].length, to);
    else yield trimmed(text, at, at + reason.index);
  }
  yield trimmed(text, at, to);
}

/**
 * Up to where no number is looked for any more behind a statement that announces one which no stretch gave: its own
 * sentence too, where that holds other numbers, unless its heading has working below that comes to a result.
 */
function unreadable(text: string, { at, isHeading }: Statement): number | undefined {
  const line = text.slice(at, at + MAX_LINE);
  const sentence = line.slice(0, sentenceEnd(line, false));
  if (!NUMERAL.test(sentence) || line[sentence.length] === '?') return undefined;
  const isLast = (sentence.match(/\d[\d.,]*/g)?.length ?? 0) < 2 || RESULT.test(sentence);
  return isHeading && (isLast || LIST_MARK.test(sentence)) ? at : at + sentence.length;
}

/** What stands between delimiters at `at`, and where the closing one ends. */
function delimited(text: string, at: number): (Span & { end: number }) | undefined {
  const pair = DELIMITERS.find(({ open }) => text.startsWith(open, at));
  if (!pair) return undefined;
  const from = at + pair.open.length;
  const window = text.slice(from, from + MAX_ANSWER);
  const length = closing(window, pair.close);
  const inside = window.slice(0, Math.max(0, length));
  if (inside.trim() === '' || (!pair.wide && inside.includes('\n'))) return undefined;
  if (pair.mathematics && !isFormula(inside)) return undefined;
  const end = from + length + pair.close.length;
  const inner = trimmed(text, from, from + length);
  const nested = delimited(text, inner.from);
  return nested?.end === inner.to ? { from: nested.from, to: nested.to, end } : { ...inner, end };
}

/** Where the closing delimiter stands; a dollar may be escaped. */
function closing(window: string, close: string): number {
  let at = window.indexOf(close);
  while (close === '$' && at > 0 && window[at - 1] === '\\') at = window.indexOf(close, at + 1);
  return at;
}

/** Whether dollars stand around a formula: not before two amounts of money in a sentence. */
export function isFormula(inside: string): boolean {
  return isExpression(
    inside.replace(/\\(?:text|mathrm|mathbf|textbf|mbox|operatorname) ?\{[^{}]*\}/g, ''),
  );
}

/** Where a sentence ends in a line: at its mark, where that is no abbreviation's, or at the end of the line. */
export function sentenceEnd(line: string, isWords: boolean): number {
  const newline = line.indexOf('\n');
  const end = newline < 0 ? line.length : newline;
  for (const { 0: mark, index } of line.slice(0, end).matchAll(SENTENCE_END)) {
    const before = line.slice(0, index);
    if (mark === '.' && (ABBREVIATION.test(before) || before.endsWith('..'))) continue;
    if (mark === '.' && isWords && INITIAL.test(before) && index + 1 < end) continue;
    if (mark === '!' && /^! ?[-+*/=<>]/.test(line.slice(index))) continue;
    return index;
  }
  return end;
}

function closed(line: string, closer: RegExp): number {
  const end = line.search(closer);
  return end < 0 ? line.length : end;
}

/** Whether "Answer:" has the working behind it, whose first sentence is no answer. */
function isWorking(
  text: string,
  { at, isHeading, isBelow }: Statement,
  to: number,
  isWords: boolean,
): boolean {
  if (isWords ? !isBelow : !isHeading && !isBelow) return false;
  if (isBelow && LIST_MARK.test(text.slice(at, at + 8))) return true;
  const sentence = text.slice(at, to);
  return (
    wordsIn(sentence) > 3 &&
    /^[\p{L}\d]/u.test(sentence) &&
    /[\p{L}\p{N}]/u.test(text.slice(to, to + MAX_LINE))
  );
}

/** What is said to be the answer in front of the word: "18 is the answer". */
function* subjects(text: string, at: number, isWords: boolean): Iterable<Candidate> {
  const from = Math.max(0, at - BEFORE);
  const before = text.slice(from, at);
  const verb = SUBJECT_IS.exec(before);
  if (!verb) return;
  const said = before.slice(0, verb.index);
  const start =
    Math.max(
      said.lastIndexOf('\n'),
      ...[...said.matchAll(/[.!?:](?=\s)/g)].map(({ index }) => index),
    ) + 1;
  const lead = SUBJECT_LEAD.exec(said.slice(start).trimStart())?.[0].length ?? 0;
  const begin = start + said.slice(start).length - said.slice(start).trimStart().length + lead;
  const subject = said.slice(begin);
  if (NO_SUBJECT.test(subject) || (!isWords && wordsIn(subject) > 2)) return;
  yield trimmed(text, from + begin, from + verb.index);
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
