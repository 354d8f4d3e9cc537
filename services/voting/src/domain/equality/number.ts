import type { Settings } from '../settings.ts';
import { MAX_DIGITS, power, printRational, type Rational, rational } from './rational.ts';

/** A number in the one form that all its spellings share, and whether it is a fraction that could be reduced. */
export type NumberForm = { number: string; isReduced: boolean };

type Separators = Settings['separators'];

/** Digits of a numerator or denominator; longer ones are compared as text. */
const FRACTION_DIGITS = 100;

/** `1,234`, Indian `1,23,456`; the first group never begins with 0, which thousands do not. */
const ENGLISH = /^(\d*|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3})(?:\.(\d*))?$/;
const EUROPEAN = /^(\d*|[1-9]\d{0,2}(?:\.\d{3})+)(?:,(\d+))?$/;
const GROUPED = /^([1-9]\d{0,2}(?:(?: \d{3})+|(?:'\d{3})+))(?:\.(\d+))?$/;
const REPEATING = /^(\d*)\.(\d*)(?:\\(?:overline|bar|dot) ?\{?(\d+)\}?|\((\d+)\))$/;
const FRAC = /^(?:(\d+) ?)?\\frac\{([^{}]*)\}\{([^{}]*)\}$/;
const SLASH = /^(?:(\d+) )?([^/]*)\/([^/]*)$/;
const SCIENTIFIC = /^(?:(.*[^ ]) ?(?:\\times|\\cdot|\*|x) ?)?10\^(?:\{([-+]?\d+)\}|([-+]?\d+))$/;
const EXPONENT = /^(\d+(?:\.\d*)?|\.\d+)[eE]([-+]?\d+)$/;
/** Brackets around one number; with a comma, `(1,234)`, they may be those of a point. */
const BRACKETS = /^\(([^(),]*)\)$/;

/**
 * A text in the form of `normalised` that is wholly one number: an integer, decimal, fraction, mixed number, repeating
 * decimal or power of ten. `18.0`, `+18` and `36/2` give `18`; `0.50` and `\frac{1}{2}` give `0.5`; `2/6` gives `1/3`.
 * Exact at any length up to `MAX_DIGITS`. Undefined when it is no number, or a longer one.
 */
export function readNumber(
  text: string,
  separators: Separators = 'english',
): NumberForm | undefined {
  const { negative, rest } = signOf(text);
  const found = readUnsigned(rest, separators);
  if (!found) return undefined;
  if (!negative || found.number === '0') return found;
  const { number, isReduced } = found;
  return { number: number.startsWith('-') ? number.slice(1) : `-${number}`, isReduced };
}

/** The sign in front of a number, or of brackets around it. */
function signOf(text: string): { negative: boolean; rest: string } {
  let rest = text;
  let negative = false;
  for (let level = 0; level < 2; level++) {
    const first = rest[0];
    if (first === '-' || first === '+') {
      negative = (first === '-') !== negative;
      rest = rest.slice(1);
    }
    const inside = BRACKETS.exec(rest)?.[1];
    if (inside === undefined) break;
    rest = inside;
  }
  return { negative, rest };
}

function readUnsigned(text: string, separators: Separators): NumberForm | undefined {
  const first = text.charCodeAt(0);
  if (first !== 46 && first !== 92 && first !== 40 && first !== 45 && !(first >= 48 && first <= 57))
    return undefined;
  const parts = decimalParts(text, separators);
  if (parts) return asDecimal(parts.whole, parts.fraction);
  return readFraction(text, separators) ?? readScientific(text, separators) ?? readRepeating(text);
}

type Parts = { whole: string; fraction: string };

/**
 * The digits of a decimal before and behind its point. What both conventions read in only one way is read so under
 * either (`1.234,56`, `1,234,567`); a lone separator is read by the setting.
 */
function decimalParts(text: string, separators: Separators): Parts | undefined {
  if (/^\d+$/.test(text)) return { whole: text, fraction: '' };
  const [own, other] = separators === 'english' ? [ENGLISH, EUROPEAN] : [EUROPEAN, ENGLISH];
  const match =
    own.exec(text) ?? GROUPED.exec(text) ?? (isClear(text, separators) ? other.exec(text) : null);
  if (!match) return undefined;
  const [, whole = '', fraction = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  return { whole: whole.replace(/[., ']/g, ''), fraction };
}

/** Whether the convention that is not the setting's is the only one in which a text can be a number. */
function isClear(text: string, separators: Separators): boolean {
  const [own, other] = separators === 'english' ? [',', '.'] : ['.', ','];
  const count = text.split(other).length - 1;
  if (count > 1 || (count === 1 && text.includes(own))) return true;
  return separators === 'european' && count === 0 && text.includes('.');
}

function asDecimal(whole: string, fraction: string): NumberForm | undefined {
  if (whole.length + fraction.length > MAX_DIGITS) return undefined;
  const digits = whole.replace(/^0+/, '');
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === '0') end--;
  const number = `${digits === '' ? '0' : digits}${end > 0 ? `.${fraction.slice(0, end)}` : ''}`;
  return { number, isReduced: true };
}

function readFraction(text: string, separators: Separators): NumberForm | undefined {
  const match = FRAC.exec(text) ?? SLASH.exec(text);
  if (!match) return undefined;
  const [, whole, above = '', below = ''] = match;
  const n = signedRational(above, separators);
  const d = signedRational(below, separators);
  if (!n || !d) return undefined;
  if (whole !== undefined && !isProper(whole, above, below, text.includes('/'))) return undefined;
  const value = rational(n.n * d.d, n.d * d.n);
  if (!value) return undefined;
  const isReduced = n.d === 1n && d.d === 1n && value.n === signOfLower(d) * n.n && value.d !== 1n;
  const added = { n: value.n + BigInt(whole ?? '0') * value.d, d: value.d };
  const number = printRational(added);
  return number === undefined ? undefined : { number, isReduced };
}

function signOfLower(d: Rational): bigint {
  return d.n < 0n ? -1n : 1n;
}

/**
 * Whether `whole above/below` is a mixed number: integers of which the upper one is smaller. Three digits above a
 * slash may as well end a number with a space for its thousands.
 */
function isProper(whole: string, above: string, below: string, isSlash: boolean): boolean {
  return (
    whole.length <= FRACTION_DIGITS &&
    /^[1-9]\d*$/.test(above) &&
    /^\d+$/.test(below) &&
    !(isSlash && above.length === 3) &&
    BigInt(above) < BigInt(below)
  );
}

function signedRational(text: string, separators: Separators): Rational | undefined {
  const { negative, rest } = signOf(text);
  const parts = rest.length <= FRACTION_DIGITS ? decimalParts(rest, separators) : undefined;
  if (!parts) return undefined;
  const n = BigInt(parts.whole + parts.fraction);
  return rational(negative ? -n : n, 10n ** BigInt(parts.fraction.length));
}

function readScientific(text: string, separators: Separators): NumberForm | undefined {
  const short = EXPONENT.exec(text);
  const long = short ? null : SCIENTIFIC.exec(text);
  if (!short && !long) return undefined;
  const exponent = Number(short?.[2] ?? long?.[2] ?? long?.[3]);
  const mantissa = short?.[1] ?? long?.[1] ?? '1';
  if (Math.abs(exponent) > MAX_DIGITS || /[+-]$/.test(mantissa)) return undefined;
  const value = signedRational(mantissa, separators);
  const scale = power({ n: 10n, d: 1n }, exponent);
  const product = value && scale && rational(value.n * scale.n, value.d * scale.d);
  const number = product && printRational(product);
  return number === undefined ? undefined : { number, isReduced: true };
}

/** `0.1\overline{6}`: with a digits behind the point and b that repeat, a fraction over 10^a (10^b - 1). */
function readRepeating(text: string): NumberForm | undefined {
  const match = REPEATING.exec(text);
  if (!match || text.length > FRACTION_DIGITS) return undefined;
  const [, whole = '', fixed = '', barred, bracketed] = match;
  const digits = barred ?? bracketed ?? '';
  const head = BigInt(whole + fixed);
  const nines = 10n ** BigInt(digits.length) - 1n;
  const value = rational(head * nines + BigInt(digits), 10n ** BigInt(fixed.length) * nines);
  const number = value && printRational(value);
  return number === undefined ? undefined : { number, isReduced: true };
}
