import { lastBoxed } from './boxed.ts';
import { MAX_LINE, type Mark } from './task.ts';

/** What stands behind or in a mark, and the stretch of the response, mark or not, that holds it. */
export type Marked = { text: string; from: number; to: number };

/** Occurrences of a mark that are looked at, from the last one on. */
const MAX_OCCURRENCES = 8;
const PHRASE = /\banswer\b[*_]{0,3}\s{0,3}(?:is|was|would be|equals|:|=)(?![a-z])[\s*_:]{0,8}/gi;
const SPAN = /^(?:\$([^$]+)\$|\\\((.+?)\\\))/;

/** What a response has marked as its answer in one way, the last first. Time is linear in the response. */
export function marked(mark: Mark, response: string): Iterable<Marked> {
  switch (mark) {
    case 'boxed':
      return boxed(response);
    case 'hashes':
      return hashed(response);
    case 'phrase':
      return phrased(response);
    default:
      return mark satisfies never;
  }
}

/** A response with stretches of it blanked, every other character where it was. */
export function blanked(response: string, stretches: readonly Marked[]): string {
  return stretches.reduce(
    (text, { from, to }) => text.slice(0, from) + ' '.repeat(to - from) + text.slice(to),
    response,
  );
}

function* boxed(response: string): Iterable<Marked> {
  let rest = response;
  for (let seen = 0; seen < MAX_OCCURRENCES; seen++) {
    const box = lastBoxed(rest);
    if (!box) return;
    yield box;
    rest = blanked(rest, [box]);
  }
}

function* hashed(response: string): Iterable<Marked> {
  let at = response.lastIndexOf('####');
  for (let seen = 0; at >= 0 && seen < MAX_OCCURRENCES; seen++) {
    yield line(response, at + 4);
    if (at === 0) return;
    at = response.lastIndexOf('####', at - 1);
  }
}

function* phrased(response: string): Iterable<Marked> {
  const ends: number[] = [];
  PHRASE.lastIndex = 0;
  while (PHRASE.test(response)) ends.push(PHRASE.lastIndex);
  for (const end of ends.slice(-MAX_OCCURRENCES).reverse()) {
    const { text, from } = line(response, end);
    const span = SPAN.exec(text);
    const whole = span?.[0] ?? text.replace(/[.!?](?:\s.*)?$|[.!?]\s.*$/s, '');
    yield { text: span?.[1] ?? span?.[2] ?? whole, from, to: from + whole.length };
  }
}

function line(response: string, at: number): Marked {
  const text = response.slice(at, at + MAX_LINE);
  const end = text.indexOf('\n');
  const raw = end < 0 ? text : text.slice(0, end);
  const trimmed = raw.trim();
  const from = at + raw.length - raw.trimStart().length;
  return { text: trimmed, from, to: from + trimmed.length };
}
