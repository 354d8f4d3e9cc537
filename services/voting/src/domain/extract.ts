import { lastBoxed } from './boxed.ts';
import { canonicalAnswer, isCanonicalNumber } from './equal.ts';
import { lastNumber } from './number.ts';
import { isNumeric, MAX_ANSWER, RULES, type Rule, type Task } from './task.ts';

/** A final answer in canonical form and the rule that found it; both empty when there is none. */
export type Extracted = { answer: string; rule: Rule | '' };

const NONE: Extracted = { answer: '', rule: '' };
/** Occurrences of a mark that are looked at, from the last one on. */
const MAX_OCCURRENCES = 8;
/** Characters read behind a mark. */
const MAX_LINE = 256;
const PHRASE = /\banswer\b[*_]{0,3}\s{0,3}(?:is|was|would be|equals|:|=)(?![a-z])[\s*_:]{0,8}/gi;
const SPAN = /^(?:\$([^$]+)\$|\\\((.+?)\\\))/;

/**
 * The final answer of a response, by the first of the task's rules that gives one. Time is linear in the
 * response, whatever it holds.
 */
export function extractAnswer(task: Task, response: string): Extracted {
  return extractBy(RULES[task], task, response);
}

/** As `extractAnswer`, for a text that may also be a bare answer: a reference, or what a vote gave. */
export function extractReference(task: Task, text: string): Extracted {
  const found = extractAnswer(task, text);
  if (found.rule !== '' || isNumeric(task)) return found;
  return accepted(task, text.trim(), 'whole') ?? NONE;
}

function extractBy(rules: readonly Rule[], task: Task, response: string): Extracted {
  for (const rule of rules) {
    for (const candidate of candidates(rule, response)) {
      const found = accepted(task, candidate, rule);
      if (found) return found;
    }
  }
  return NONE;
}

function accepted(task: Task, candidate: string, rule: Rule): Extracted | undefined {
  if (candidate.length > MAX_ANSWER) return undefined;
  const answer = canonicalAnswer(task, candidate);
  if (answer === '' || (isNumeric(task) && !isCanonicalNumber(answer))) return undefined;
  return { answer, rule };
}

function candidates(rule: Rule, response: string): Iterable<string> {
  switch (rule) {
    case 'boxed':
      return some(lastBoxed(response));
    case 'hashes':
      return hashed(response);
    case 'phrase':
      return phrased(response);
    case 'last-number':
      return some(lastNumber(response));
    case 'whole':
      return some(bare(response));
    default:
      return rule satisfies never;
  }
}

function some(candidate: string | undefined): string[] {
  return candidate === undefined ? [] : [candidate];
}

function* hashed(response: string): Iterable<string> {
  let at = response.lastIndexOf('####');
  for (let seen = 0; at >= 0 && seen < MAX_OCCURRENCES; seen++) {
    yield line(response, at + 4);
    if (at === 0) return;
    at = response.lastIndexOf('####', at - 1);
  }
}

function* phrased(response: string): Iterable<string> {
  const ends: number[] = [];
  PHRASE.lastIndex = 0;
  while (PHRASE.test(response)) ends.push(PHRASE.lastIndex);
  for (const end of ends.slice(-MAX_OCCURRENCES).reverse()) {
    const text = line(response, end);
    const span = SPAN.exec(text);
    yield span?.[1] ?? span?.[2] ?? text.replace(/[.!?](?:\s.*)?$|[.!?]\s.*$/s, '');
  }
}

function line(response: string, from: number): string {
  const text = response.slice(from, from + MAX_LINE);
  const end = text.indexOf('\n');
  return (end < 0 ? text : text.slice(0, end)).trim();
}

/** A response that is nothing but an expression: one line, with at most one word outside LaTeX. */
function bare(response: string): string | undefined {
  if (response.length > 2 * MAX_LINE) return undefined;
  const text = response.trim();
  if (text.length > MAX_LINE || text.includes('\n')) return undefined;
  const prose = text.replace(/\\text ?\{[^{}]*\}|\\[a-zA-Z]+/g, ' ');
  return (prose.match(/[\p{L}']{2,}/gu)?.length ?? 0) > 1 ? undefined : text;
}
