/** A stretch of a text: from the first character up to `to`. */
export type Span = { from: number; to: number };

/**
 * A stretch that may be the answer; `whole` is what no later rule looks at where it is none: the stretch with its mark.
 */
export type Candidate = Span & { whole?: Span };

/** Markup around an answer that is no part of it, at the start of a stretch and at its end. */
const LEADING = /^(?:[\s*_`\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|<\/?[a-z]{1,8}>|&nbsp;)/i;
const TRAILING =
  /(?:[\s*_`|\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|<\/?[a-z]{1,8} ?\/?>|<\|[a-z_]{1,12}\|>|&nbsp;)$/i;
/** The longest piece of markup that the two match. */
const MARKUP = 16;
const PLAIN = /[\p{L}\p{N}]/u;

/** A stretch without the space and the markup around what it holds. */
export function trimmed(text: string, from: number, to: number): Span {
  let [start, end] = [from, to];
  while (start < end && !PLAIN.test(text[start] ?? '')) {
    const length = LEADING.exec(text.slice(start, Math.min(end, start + MARKUP)))?.[0].length;
    if (length === undefined) break;
    start += length;
  }
  while (start < end && !PLAIN.test(text[end - 1] ?? '')) {
    const length = TRAILING.exec(text.slice(Math.max(start, end - MARKUP), end))?.[0].length;
    if (length === undefined) break;
    end -= length;
  }
  return { from: start, to: end };
}

/** A text with stretches of it blanked, every other character where it was. */
export function blanked(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  const pieces: string[] = [];
  let at = 0;
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const start = Math.max(at, from);
    if (to <= start) continue;
    pieces.push(text.slice(at, start), ' '.repeat(to - start));
    at = to;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}

/** A text without the commands of LaTeX, and so without letters that are no words. */
export function withoutCommands(text: string): string {
  return text.includes('\\') ? text.replace(/\\[a-zA-Z]+/g, ' ') : text;
}

/** Whether a text has no words: a number in it is a part of it and not what the response says. */
export function isExpression(text: string): boolean {
  return !/\p{L}{2,}/u.test(withoutCommands(text));
}

/** How many words of two letters and more a text has outside the commands of LaTeX. */
export function wordsIn(text: string): number {
  return withoutCommands(text).match(/[\p{L}']{2,}/gu)?.length ?? 0;
}
