/** A fraction in lowest terms; the denominator is positive. */
export type Rational = { n: bigint; d: bigint };

/** Digits of a number; beyond them it is text, since work on it takes long. */
export const MAX_DIGITS = 1000;

/** n/d in lowest terms; undefined for a denominator of 0. */
export function rational(n: bigint, d: bigint): Rational | undefined {
  if (d === 0n) return undefined;
  const shared = divisor(magnitude(n), magnitude(d));
  const sign = d < 0n ? -1n : 1n;
  return { n: (sign * n) / shared, d: (sign * d) / shared };
}

/** Reads `-12`, `-1.25` or `-1/3`, the forms in which `printRational` writes. */
export function parseRational(text: string): Rational {
  const slash = text.indexOf('/');
  if (slash >= 0) return { n: BigInt(text.slice(0, slash)), d: BigInt(text.slice(slash + 1)) };
  const point = text.indexOf('.');
  if (point < 0) return { n: BigInt(text), d: 1n };
  const n = BigInt(text.slice(0, point) + text.slice(point + 1));
  return rational(n, 10n ** BigInt(text.length - point - 1)) as Rational;
}

/** A fraction as a decimal where that ends, else as `a/b`; undefined where it takes more than `MAX_DIGITS`. */
export function printRational({ n, d }: Rational): string | undefined {
  let rest = d;
  let twos = 0;
  let fives = 0;
  for (; rest % 2n === 0n && twos <= MAX_DIGITS; rest /= 2n) twos++;
  for (; rest % 5n === 0n && fives <= MAX_DIGITS; rest /= 5n) fives++;
  const places = rest === 1n ? Math.max(twos, fives) : 0;
  const digits = String((magnitude(n) * 10n ** BigInt(places)) / (rest === 1n ? d : 1n));
  if (digits.length > MAX_DIGITS || places > MAX_DIGITS) return undefined;
  const sign = n < 0n ? '-' : '';
  if (rest !== 1n) return d > 10n ** BigInt(MAX_DIGITS) ? undefined : `${sign}${digits}/${d}`;
  if (places === 0) return sign + digits;
  const padded = digits.padStart(places + 1, '0');
  return `${sign}${padded.slice(0, -places)}.${padded.slice(-places)}`;
}

/** The product of two fractions. */
export function times(a: Rational, b: Rational): Rational {
  return rational(a.n * b.n, a.d * b.d) as Rational;
}

/** The sum of two fractions. */
export function plus(a: Rational, b: Rational): Rational {
  return rational(a.n * b.d + b.n * a.d, a.d * b.d) as Rational;
}

/** One over a fraction that is not 0. */
export function inverse({ n, d }: Rational): Rational {
  return rational(d, n) as Rational;
}

/** A fraction to the power of a small integer; undefined for 0 to a negative one. */
export function power(a: Rational, exponent: number): Rational | undefined {
  const size = BigInt(Math.abs(exponent));
  return exponent < 0 ? rational(a.d ** size, a.n ** size) : { n: a.n ** size, d: a.d ** size };
}

/**
 * A fraction rounded to so many significant digits, a half away from zero: the digits as an integer and the power
 * of ten that they count. Two numbers agree in `digits` digits when these are the same; that is an equivalence.
 */
export function rounded(value: Rational, digits: number): string {
  if (value.n === 0n) return '0';
  const n = magnitude(value.n);
  let shift = digits - (String(n).length - String(value.d).length);
  let kept = scaled(n, value.d, shift);
  for (; kept >= 10n ** BigInt(digits); kept = scaled(n, value.d, shift)) shift--;
  return `${value.n < 0n ? '-' : ''}${kept}e${-shift}`;
}

/** n/d times ten to the power of `shift`, rounded to an integer, a half up. */
function scaled(n: bigint, d: bigint, shift: number): bigint {
  const above = shift > 0 ? n * 10n ** BigInt(shift) : n;
  const below = shift < 0 ? d * 10n ** BigInt(-shift) : d;
  return (2n * above + below) / (2n * below);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function divisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}
