import { type Answer, type Extraction, MAX_ANSWER, MAX_LINE, type Rule } from '../answer.ts';
import { canonical } from '../equality/canonical.ts';
import type { Policy } from '../policy.ts';
import { boxes } from './boxed.ts';
import { lastFormula } from './formula.ts';
import { hashed } from './hashes.ts';
import { lastNumber } from './last-number.ts';
import { bareLetter, chosen, lastLetter, loneLetters } from './option.ts';
import { withoutOthers } from './others.ts';
import { phrased, sentenceEnd } from './phrase.ts';
import { blanked, type Candidate, isExpression, type Span, trimmed, wordsIn } from './span.ts';
import { withoutCode, withoutSymbols, withoutThinking } from './view.ts';

/** Readings of an answer that holds answers itself, as a box around "the answer is 5" does. */
const MAX_READINGS = 4;
/** What stands where an answer is to come: `?`, `…`, `___`. */
const PLACEHOLDER = /^(?:[\s?.…_$*-]|\\[lc]?dots)*$/;
/** Ends as a sentence does; an answer in canonical form never does. */
const SENTENCE = /[.!?]["')*]*$/;
/** Words of an answer that is a line of words. */
const MAX_WORDS = 8;
/** A line that says something, announces something or goes on: it is no bare answer. */
const SENTENCE_OF_WORDS =
  /^(?:i|we|it|this|that|there|he|she|they|you|so|then|thus|hence|therefore|well|let|here)(?!\p{L})|(?<!\p{L})(?:answers?|is|are|was|were|am|think|believe|guess|know|cannot|don['’]t|isn['’]t)(?!\p{L})|[:;,…]$|\.\.\.$|[=\\#|<>{}]/iu;
/** What a problem without a number is answered by. */
const VERDICT =
  /^(?:(?:there (?:is|are) )?no (?:(?:real|integer|positive|such|valid|possible) )?(?:solutions?|roots?|answer|values?|numbers?|integers?)(?: exists?)?|infinitely many(?: solutions)?|(?:for )?all (?:(?:real|positive|negative|non-?negative|complex|rational|natural|whole|odd|even) ){0,2}(?:numbers|integers|reals)|none(?: of (?:these|the above|them))?|(?:it )?does not exist|(?:the )?empty set|not (?:possible|defined|enough information)|cannot be determined)\.?$/i;
/** A number's unit at the end of a sentence or a line. */
const UNIT_BEHIND = /^[^.,;:!?\n]{1,32}?(?=[.!?]?\s*(?:\n|$))/;

/**
 * The final answer of a response, by the first of the policy's rules that gives one; `from` and `to` are where the text
 * it was read from stands in the response. Of several boxes, marks or statements the last one is taken that holds an
 * answer. A closed block of thinking is read only where nothing is found outside of it. Time is linear in the
 * response, whatever it holds.
 */
export function extractAnswer(policy: Policy, response: string): Extraction | undefined {
  return settled(policy, response, first(policy, response, false));
}

/**
 * As `extractAnswer`, for a text that may also be a bare answer: a reference, or what a vote gave. Where
 * `extractAnswer` finds an answer in a response, this finds the same, and in that answer it finds itself.
 */
export function extractReference(policy: Policy, text: string): Extraction | undefined {
  return settled(policy, text, first(policy, text, true));
}

/** The first answer that is found: outside of thinking, within, and then the text as it stands. */
function first(policy: Policy, text: string, isBare: boolean): Extraction | undefined {
  if (policy.answers === 'verbatim')
    return accepted(policy, 'whole', text, edges(text, 0, text.length));
  const outside = withoutThinking(text);
  const found = read(policy, text, outside);
  if (found) return found;
  const inside = outside === text ? undefined : read(policy, text, text);
  return inside ?? (isBare ? bare(policy, text, outside) : undefined);
}

/** Reads `text` where `view`, the same text with stretches of it blanked, shows it. */
function read(policy: Policy, text: string, view: string): Extraction | undefined {
  let rest = withoutOthers(shown(policy, view));
  for (const rule of policy.rules) {
    const refused: Span[] = [];
    for (const candidate of candidates(policy, rule, rest, refused)) {
      const found = accepted(policy, rule, text, candidate);
      if (found && (rule !== 'whole' || isAnswerAlone(policy, found.answer))) return found;
      if (candidate.whole || isExpression(text.slice(candidate.from, candidate.to)))
        refused.push(candidate.whole ?? candidate);
    }
    rest = blanked(rest, refused);
  }
  return undefined;
}

/** The whole of a text as an answer; a number or a letter is found by the rules where there is one. */
function bare(policy: Policy, text: string, view: string): Extraction | undefined {
  if (policy.answers === 'number' || policy.answers === 'choice') return undefined;
  return accepted(policy, 'whole', text, trimmed(shown(policy, view), 0, view.length));
}

/** What the rules of a policy see of a text. */
function shown({ answers }: Policy, view: string): string {
  if (answers === 'text') return withoutCode(view);
  return answers === 'choice' ? withoutSymbols(view) : view;
}

/** The stretches that may be the answer by a rule, the likeliest first. What is cut off goes to `refused`. */
function candidates(
  policy: Policy,
  rule: Rule,
  text: string,
  refused: Span[],
): Iterable<Candidate> {
  const { answers } = policy;
  switch (rule) {
    case 'boxed': {
      const { complete, unfinished } = boxes(text);
      if (unfinished) refused.push(unfinished);
      if (answers !== 'choice') return complete;
      return complete.map((box) => ({ ...box, ...bareLetter(text, box.from, box.to) }));
    }
    case 'hashes':
      return hashed(text);
    case 'phrase':
      // A letter alone on the last line comes after every statement.
      if (answers === 'choice') return lastLetter(text) ? [] : chosen(text);
      return phrased(text, answers === 'text', refused);
    case 'option':
      return loneLetters(text);
    case 'whole':
      if (answers === 'text') return isName(text) ? [trimmed(text, 0, text.length)] : [];
      return isLine(text) && !/[.!?;] +\S/.test(text) ? [edges(text, 0, text.length)] : [];
    case 'last-number':
      return lastValues(policy, text);
    default:
      return rule satisfies never;
  }
}

/**
 * The last number; in mathematics the last formula, where that is later or holds it. Where answers may be words, not
 * that of a short line, unless it is a sentence: "2 red and 3 blue" is not 3, but "She has 5 apples left." is 5.
 */
function lastValues(policy: Policy, text: string): Candidate[] {
  const isFormula = policy.answers === 'mathematics';
  const formula = isFormula ? lastFormula(text) : undefined;
  if (formula) return formula;
  if (isFormula && isLine(text) && !SENTENCE.test(text.trim().slice(-4))) return [];
  const numbers = lastNumber(text, isFormula);
  if (policy.settings.units === 'ignored') return numbers;
  return numbers.flatMap((number) => {
    const behind = UNIT_BEHIND.exec(text.slice(number.to, number.to + MAX_LINE))?.[0].length;
    const measured =
      behind === undefined ? undefined : { from: number.from, to: number.to + behind };
    return measured && canonical(policy, text.slice(measured.from, measured.to))?.unit !== undefined
      ? [measured, number]
      : [number];
  });
}

/** The answer in a stretch; undefined where it holds none. */
function accepted(policy: Policy, rule: Rule, text: string, span: Span): Extraction | undefined {
  const { from, to } = span;
  if (to <= from || (policy.answers !== 'verbatim' && to - from > MAX_ANSWER)) return undefined;
  const raw = text.slice(from, to);
  if (policy.answers !== 'verbatim' && PLACEHOLDER.test(raw)) return undefined;
  // What is left of a box here was cut off.
  if (rule !== 'boxed' && policy.answers !== 'verbatim' && raw.includes('\\boxed'))
    return undefined;
  const answer = canonical(policy, raw);
  return answer && { answer, rule, from, to };
}

/**
 * An extraction whose answer, read as a bare answer, is itself: where the stretch holds an answer of its own ("the
 * answer is 5"), that one.
 */
function settled(
  policy: Policy,
  text: string,
  found: Extraction | undefined,
): Extraction | undefined {
  if (policy.answers === 'number' || policy.answers === 'choice') return found;
  let current = found;
  for (let reading = 0; current && reading < MAX_READINGS; reading++) {
    const { answer, from, to } = current;
    if (answer.number === answer.text) return current;
    if (first(policy, answer.text, true)?.answer.text === answer.text) return current;
    const inner = first(policy, text.slice(from, to), true);
    if (!inner || inner.to - inner.from === to - from) return undefined;
    current = { ...inner, rule: current.rule, from: from + inner.from, to: from + inner.to };
  }
  return undefined;
}

/**
 * Whether a response that is one line is nothing but its answer: a number, what problems without one are answered by, or
 * at most one word outside LaTeX.
 */
function isAnswerAlone({ answers }: Policy, answer: Answer): boolean {
  if (answers !== 'mathematics' || answer.number !== undefined || VERDICT.test(answer.text))
    return true;
  return wordsIn(answer.text.replace(/\\text ?\{[^{}]*\}/g, ' ')) <= 1;
}

/** Whether a response is one short line of words that is no sentence: a name, a title, a phrase. */
function isName(text: string): boolean {
  if (!isLine(text)) return false;
  const { from, to } = trimmed(text, 0, text.length);
  const line = text.slice(from, to);
  const isPhrase = /^[\p{L}\p{N}"“'‘(]/u.test(line) && !SENTENCE_OF_WORDS.test(line);
  return isPhrase && wordsIn(line) <= MAX_WORDS && sentenceEnd(`${line} `, true) > line.length;
}

function isLine(text: string): boolean {
  if (text.length > 2 * MAX_LINE) return false;
  const line = text.trim();
  return line.length <= MAX_LINE && !line.includes('\n');
}

/** A stretch without the space around it. */
function edges(text: string, from: number, to: number): Span {
  const stretch = text.slice(from, to);
  const start = from + stretch.length - stretch.trimStart().length;
  return { from: start, to: Math.max(start, from + stretch.trimEnd().length) };
}
