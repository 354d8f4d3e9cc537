import { MAX_ANSWER } from './task.ts';

/** Digits up to which numerators and denominators are reduced; longer ones are compared as text. */
const FRACTION_DIGITS = 32;

const DECIMAL = /^([-+]?)(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d*))?$/;
const INTEGER = String.raw`[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)`;
const SLASH = new RegExp(`^(${INTEGER}) ?/ ?(${INTEGER})$`);
const FRAC = new RegExp(
  `^([-+]?)(?:(\\d+) ?)?\\\\frac ?\\{ ?(${INTEGER}) ?\\} ?\\{ ?(${INTEGER}) ?\\}$`,
);
const MIXED = /^([-+]?)(\d+) (\d+)\/(\d+)$/;
const NUMBERS = /(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+|\/\d+(?![\d./]))?|\.\d+/g;
/** LaTeX for units and currencies, and for "about". */
const SIGNS = /\\(?:degrees?|pounds|euro|textdollar|approx)(?![a-z])/g;
const WORDS_BEFORE = /^(?:rs\.|[a-z']{2,}[ :,]*)+/;
const WORDS_AFTER = / ?[a-z(][a-z ,.'()]*$/;
/** An operator whose other operand is a bracket, a variable or anything: not the sign of a number in words. */
const OPERATOR_BEFORE = /[*/^×÷·]$|(?:[\d)\]}]|(?<![a-z])[a-z])[-+]$/;
const OPERATOR_AFTER =
  /^(?:[a-z]?(?:[+^×÷·]|[-*](?:$|[([{]|[a-z](?![a-z])))|\/(?:$|[([{]|[a-z](?![a-z])))/;
const LAST = /(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)$/;

/**
 * A text that is wholly one number, in the one form that all its spellings share: `18.0`, `18.`, `+18` and
 * `36/2` give `18`; `1,800` gives `1800`; `0.50` and `\frac{1}{2}` give `0.5`; `2/6` gives `1/3`. By
 * arithmetic on digits, so exact at any length. Undefined when it is no number.
 */
export function canonicalNumber(text: string): string | undefined {
  return canonicalDecimal(text) ?? canonicalFraction(text);
}

function canonicalDecimal(text: string): string | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  return signed(sign === '-', whole.replaceAll(',', ''), fraction);
}

function signed(negative: boolean, whole: string, fraction: string): string {
  const digits = whole.replace(/^0+/, '');
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === '0') end--;
  const magnitude = `${digits === '' ? '0' : digits}${end > 0 ? `.${fraction.slice(0, end)}` : ''}`;
  return negative && magnitude !== '0' ? `-${magnitude}` : magnitude;
}

function canonicalFraction(text: string): string | undefined {
  const slash = SLASH.exec(text);
  if (slash) return ratio('', '0', slash[1], slash[2]);
  const frac = FRAC.exec(text);
  if (frac) return ratio(frac[1], frac[2] ?? '0', frac[3], frac[4]);
  const mixed = MIXED.exec(text);
  return mixed ? ratio(mixed[1], mixed[2] ?? '0', mixed[3], mixed[4]) : undefined;
}

/** sign (whole + numerator/denominator), reduced; a decimal where it ends, else `a/b`. */
function ratio(sign = '', whole = '0', numerator = '', denominator = ''): string | undefined {
  if (Math.max(whole.length, numerator.length, denominator.length) > FRACTION_DIGITS)
    return undefined;
  const below = integer(denominator);
  if (below === 0n) return undefined;
  const above = integer(whole) * below + integer(numerator);
  const negative = (above < 0n !== below < 0n) !== (sign === '-');
  const n = magnitude(above);
  const d = magnitude(below);
  const shared = divisor(n, d);
  return quotient(negative && n !== 0n, n / shared, d / shared);
}

function quotient(negative: boolean, n: bigint, d: bigint): string {
  let rest = d;
  let twos = 0;
  let fives = 0;
  for (; rest % 2n === 0n; rest /= 2n) twos++;
  for (; rest % 5n === 0n; rest /= 5n) fives++;
  if (rest !== 1n) return `${negative ? '-' : ''}${n}/${d}`;
  const places = Math.max(twos, fives);
  const digits = String((n * 10n ** BigInt(places)) / d).padStart(places + 1, '0');
  const point = digits.length - places;
  return signed(negative, digits.slice(0, point), digits.slice(point));
}

function integer(text: string): bigint {
  return BigInt(text.replaceAll(',', '').replace(/^\+/, ''));
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function divisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/**
 * The one number that a text of at most `MAX_ANSWER` characters gives, in canonical form, whatever words stand
 * around it: `18 apples`, `2 1/2 hours`, `18/day`. Undefined for several numbers and for one that is a part of
 * an expression (`3+4*5`, `x-5`, `\sqrt{16}`). The text is in lower case.
 */
export function onlyNumber(text: string): string | undefined {
  const plain = text.replaceAll('**', '').replace(SIGNS, '');
  const bare = canonicalNumber(plain.replace(WORDS_BEFORE, '').replace(WORDS_AFTER, ''));
  if (bare !== undefined) return bare;
  const numbers = [...plain.matchAll(NUMBERS)].filter(
    ({ 0: number, index }) => number.startsWith('.') || !/[a-z_]/.test(plain[index - 1] ?? ''),
  );
  const [found] = numbers;
  if (!found || numbers.length > 1 || /\\[a-z]/.test(plain)) return undefined;
  const before = plain.slice(0, found.index);
  const after = plain.slice(found.index + found[0].length);
  if (OPERATOR_BEFORE.test(before) || OPERATOR_AFTER.test(after)) return undefined;
  return canonicalNumber(`${before.endsWith('-') ? '-' : ''}${found[0]}`);
}

/**
 * The last number in a text of any length, in canonical form; digits inside a word (`H2O`) are none. Takes
 * time linear in the text.
 */
export function lastNumber(text: string): string | undefined {
  let end = text.length;
  for (;;) {
    while (end > 0 && !isDigit(text.charCodeAt(end - 1))) end--;
    if (end === 0) return undefined;
    let start = end;
    while (start > 0 && isNumeral(text.charCodeAt(start - 1))) start--;
    if (end - start <= MAX_ANSWER && !/[\p{L}_]/u.test(text[start - 1] ?? ' '))
      return withContext(text, start, end);
    end = start;
  }
}

/** The number that ends at `end`, with the sign or the numerator that stand before it. */
function withContext(text: string, start: number, end: number): string | undefined {
  const token = text.slice(start, end);
  const number = LAST.exec(token)?.[0];
  if (number === undefined) return undefined;
  if (number.length < token.length) return canonicalNumber(number);
  const before = text.slice(Math.max(0, start - FRACTION_DIGITS - 2), start);
  const numerator = /(?:^|[^\d./])(\d+)\/$/.exec(before)?.[1];
  if (numerator !== undefined) {
    const at = start - 1 - numerator.length;
    const fraction = canonicalNumber(
      `${sign(text.slice(Math.max(0, at - 4), at))}${numerator}/${number}`,
    );
    if (fraction !== undefined) return fraction;
  }
  return canonicalNumber(sign(before) + number);
}

/** `-` when a text ends with a minus that is a sign, a currency allowed between it and the number. */
function sign(before: string): '-' | '' {
  return /(?:^|[^\p{L}\p{N})\]}])[-\u2212]\\?[$€£¥]?$|\\?[$€£¥][-\u2212]$/u.test(before) ? '-' : '';
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isNumeral(code: number): boolean {
  return isDigit(code) || code === 44 || code === 46;
}
