import { MAX_LINE } from '../answer.ts';
import { type Candidate, type Span, wordsIn } from './span.ts';

const MARK = /\\(?:boxed|fbox|framebox)(?![a-zA-Z])/y;
/** Options of `\framebox[width][position]`. */
const OPTIONS = /(?: ?\[[^\][]{0,32}\]){0,2}[ \n]?/y;
/** What a box without braces holds: a fraction, a number, or one letter. */
const TOKEN =
  /[-+]?(?:\\[dt]?frac ?(?:\{[^{}]{1,64}\}){2}|[$€£]?\d+(?:[.,/]\d+)*%?|[a-zA-Z](?![a-zA-Z]))/y;
/** The end of the mathematics that a box without braces stands in. */
const CLOSER = /\$|\\\)|\\\]|\n/g;
const OPEN = 123;
const CLOSE = 125;
const BACKSLASH = 92;

/** Boxes that are looked at, from the last one on. */
const MAX_BOXES = 8;
/** Words that a box cut off by the end of a response may hold; a longer one was not closed, and text follows. */
const MAX_WORDS = 3;

/** A box that is closed, by a brace at `to` where it has braces. */
type Closed = { mark: number; from: number; to: number | undefined };

/** What is boxed: complete boxes, the last first, and the box that the response was cut off in. */
export type Boxes = { complete: Candidate[]; unfinished: Span | undefined };

/**
 * The last complete, non-empty boxes: `\boxed`, `\fbox`, `\framebox`; of boxes in one another the inner first. Braces
 * nest, escaped ones do not count; a box without braces holds the number, the letter or the formula behind it.
 * One pass over the text, whatever it holds.
 */
export function boxes(text: string): Boxes {
  const closed: Closed[] = [];
  const open: { mark: number; content: number; depth: number }[] = [];
  let depth = 0;
  let at = firstMark(text);
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      const content = contentAfter(text, at);
      if (content === undefined)
        at += text.charCodeAt(at + 1) === BACKSLASH && isMark(text, at + 1) ? 0 : 1;
      else if (text.charCodeAt(content - 1) === OPEN) {
        open.push({ mark: at, content, depth });
        depth++;
        at = content - 1;
      } else {
        closed.push({ mark: at, from: content, to: undefined });
        at = content - 1;
      }
    } else if (code === OPEN) depth++;
    else if (code === CLOSE && depth > 0) {
      depth--;
      const start = open.at(-1);
      if (start?.depth !== depth) continue;
      open.pop();
      if (!isBlank(text, start.content, at))
        closed.push({ mark: start.mark, from: start.content, to: at });
    }
  }
  const last = closed.sort((a, b) => b.from - a.from).slice(0, MAX_BOXES);
  return {
    complete: last.flatMap((box) => candidateOf(text, box)),
    unfinished: cutOff(text, open.at(-1)),
  };
}

function candidateOf(text: string, { mark, from, to }: Closed): Candidate[] {
  const end = to ?? unbracedEnd(text, from);
  return end > from
    ? [{ from, to: end, whole: { from: mark, to: to === undefined ? end : end + 1 } }]
    : [];
}

function firstMark(text: string): number {
  const at = text.search(/\\(?:boxed|fbox|framebox)/);
  return at < 0 ? text.length : at;
}

function isMark(text: string, at: number): boolean {
  MARK.lastIndex = at;
  return MARK.test(text);
}

/** Where the content of a box begins whose mark begins at `at`: behind its brace where it has one. */
function contentAfter(text: string, at: number): number | undefined {
  if (!isMark(text, at)) return undefined;
  OPTIONS.lastIndex = MARK.lastIndex;
  OPTIONS.test(text);
  const content = OPTIONS.lastIndex;
  return text.charCodeAt(content) === OPEN ? content + 1 : content;
}

/** The end of what a box without braces holds: the formula it stands in, else a number, a letter or a fraction. */
function unbracedEnd(text: string, from: number): number {
  const line = text.slice(from, from + MAX_LINE);
  CLOSER.lastIndex = 1;
  const end = CLOSER.exec(line);
  if (
    end &&
    end[0] !== '\n' &&
    wordsIn(line.slice(0, end.index)) === 0 &&
    /[^\s.]/.test(line.slice(0, end.index))
  )
    return from + end.index;
  TOKEN.lastIndex = from;
  return TOKEN.test(text) ? TOKEN.lastIndex : from;
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (/\S/.test(text[at] ?? '')) return false;
  return true;
}

function cutOff(
  text: string,
  box: { mark: number; content: number } | undefined,
): Span | undefined {
  if (!box || text.length - box.content > MAX_LINE) return undefined;
  const rest = text.slice(box.content);
  return wordsIn(rest) > MAX_WORDS ? undefined : { from: box.mark, to: text.length };
}
