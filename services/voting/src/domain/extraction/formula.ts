import { MAX_ANSWER } from '../answer.ts';
import { CONDITION } from './last-number.ts';
import { isFormula } from './phrase.ts';
import { type Span, trimmed } from './span.ts';

const DELIMITERS = [
  ['$$', '$$'],
  ['$', '$'],
  ['\\(', '\\)'],
  ['\\[', '\\]'],
] as const;
/** A variable, perhaps with an index or an argument: `x`, `x_1`, `f(x)`, `\theta`. */
const VARIABLE = /^\s*(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_\{?\w{1,8}\}?)?(?:\([a-z]\))?\s*$/;

/** Characters that are read before a formula. */
const BEFORE = 96;
const OPEN = /(?:\$\$?|\\\(|\\\[)$/;
/** The statement before a condition, which is its formula: "the minimum is $-3$" before "at $x=2$". */
const MAIN = /(?:is|are|equals|be) (?:\$[^$]{1,80}\$|\\\([^$()]{1,80}\\\)),?$/;
/** A formula that stands in a row with the one before it: "$a = 3$ and $b = 4$". */
const JOINED = /(?:\d|\$|\\\)|\\\])\s?(?:,|;|and|or|, ?and|, ?or)\s?(?:\$\$?|\\\(|\\\[)$/;

/**
 * What the last formula of a text gives, where it is what the text says last: no digit stands behind it, and no word
 * either where it has no digit. Of a chain of equations that is the last side, of a sum and its value the value.
 * Empty where the formula is no answer; undefined where there is none.
 */
export function lastFormula(text: string): Span[] | undefined {
  const formula = lastDelimited(text);
  if (!formula) return undefined;
  const behind = text.slice(formula.end);
  if (/\d/.test(behind)) return undefined;
  const content = text.slice(formula.from, formula.to);
  if (!/\d/.test(content) && /\p{L}/u.test(behind)) return undefined;
  const before = text.slice(Math.max(0, formula.from - BEFORE), formula.from);
  const condition = CONDITION.exec(before.replace(OPEN, ''));
  if (condition) {
    const main = text.slice(0, formula.from - before.length + condition.index).trimEnd();
    const isMain = MAIN.test(main.slice(-BEFORE));
    return isMain ? lastFormula(main) : [];
  }
  if (JOINED.test(before)) return [];
  if (content.length > MAX_ANSWER || /\\begin|\\\\|&/.test(content)) return [];
  const sides = equalSigns(content);
  const last = sides.at(-1);
  if (last === undefined) return [trimmed(text, formula.from, formula.to)];
  const left = content.slice(0, sides[0]);
  const isAnswer =
    sides.length === 1 && (VARIABLE.test(left) || /(?<![\\a-zA-Z])[a-zA-Z](?![a-zA-Z])/.test(left));
  return [trimmed(text, formula.from + (isAnswer ? 0 : last + 1), formula.to)];
}

/** The content of the last closed formula, and where its closing delimiter ends. */
function lastDelimited(text: string): (Span & { end: number }) | undefined {
  const to = Math.max(text.lastIndexOf('$'), text.lastIndexOf('\\)'), text.lastIndexOf('\\]'));
  if (to < 1) return undefined;
  const isDouble = text[to] === '$' && text[to - 1] === '$';
  const close = isDouble ? '$$' : text[to] === '$' ? '$' : text.slice(to, to + 2);
  const start = isDouble ? to - 1 : to;
  const open = DELIMITERS.find((pair) => pair[1] === close)?.[0] ?? close;
  const at = start > 0 ? text.lastIndexOf(open, start - open.length) : -1;
  if (at < 0) return undefined;
  const from = at + open.length;
  const content = text.slice(from, start);
  // Two amounts of money are no formula: "$5 + $6".
  const isMoney = close === '$' && /^\s|[\s+*/=(,-]$|^$/.test(content);
  if (isMoney || content.trim() === '' || !isFormula(content.slice(0, MAX_ANSWER)))
    return undefined;
  return { from, to: start, end: start + close.length };
}

/** Where the equals signs of a formula stand that are in no braces. */
function equalSigns(content: string): number[] {
  const found: number[] = [];
  let depth = 0;
  for (let at = 0; at < content.length; at++) {
    const one = content[at];
    if (one === '{') depth++;
    else if (one === '}') depth--;
    else if (one === '=' && depth === 0 && !/[<>!:]/.test(content[at - 1] ?? '')) found.push(at);
  }
  return found;
}
