/** An exact complex number with rational parts, (re + im·i)/below, reduced, `below` positive. */
export type Exact = { re: bigint; im: bigint; below: bigint };

/** Bits of a part of an exact number; larger results are refused. */
const MAX_BITS = 16_384;
const DECIMAL = /^(-?)(\d*)\.?(\d*)(?:[eE]([-+]?\d{1,4}))?$/;

/** (re + im·i)/below in lowest terms; undefined when it is too large or `below` is 0. */
export function exact(re: bigint, im: bigint, below: bigint): Exact | undefined {
  if (below === 0n || [re, im, below].some(isLarge)) return undefined;
  const shared = divisor(divisor(below, re), im) * (below < 0n ? -1n : 1n);
  return { re: re / shared, im: im / shared, below: below / shared };
}

/** The number that a decimal literal is, `1.5e3` included; a decimal is the rational that it spells. */
export function exactOf(literal: string): Exact | undefined {
  const match = DECIMAL.exec(literal);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (whole + fraction === '') return undefined;
  const places = Number(exponent) - fraction.length;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  return places >= 0
    ? exact(digits * 10n ** BigInt(places), 0n, 1n)
    : exact(digits, 0n, 10n ** BigInt(-places));
}

/** a + b. */
export function sum(a: Exact, b: Exact): Exact | undefined {
  return exact(a.re * b.below + b.re * a.below, a.im * b.below + b.im * a.below, a.below * b.below);
}

/** a · b. */
export function product(a: Exact, b: Exact): Exact | undefined {
  return exact(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re, a.below * b.below);
}

/** 1 / a; undefined for 0. */
export function inverse(a: Exact): Exact | undefined {
  return exact(a.re * a.below, -a.im * a.below, a.re * a.re + a.im * a.im);
}

/** a to an integer power; undefined for 0 to a power that is not positive. */
export function power(a: Exact, exponent: number): Exact | undefined {
  if (exponent < 0) {
    const inverted = inverse(a);
    return inverted && power(inverted, -exponent);
  }
  if (exponent === 0) return isZero(a) ? undefined : { re: 1n, im: 0n, below: 1n };
  if (exponent === 1) return a;
  if (a.im === 0n) {
    const bits = Math.max(a.re.toString(2).length, a.below.toString(2).length) - 1;
    if (bits * exponent > MAX_BITS) return undefined;
    return exact(a.re ** BigInt(exponent), 0n, a.below ** BigInt(exponent));
  }
  const half = power(a, exponent >> 1);
  const square = half && product(half, half);
  return exponent % 2 === 0 ? square : square && product(square, a);
}

/** Whether it is 0. */
export function isZero(a: Exact): boolean {
  return a.re === 0n && a.im === 0n;
}

/** Whether it is an integer of the size of an exponent. */
export function isSmallInteger(a: Exact): boolean {
  return a.im === 0n && a.below === 1n && bitsOf(a.re) <= 20;
}

/** The nearest double of part/below; infinite when it is too large for one. */
export function toDouble(part: bigint, below: bigint): number {
  const shift = BigInt(Math.max(0, bitsOf(part) - 1000, bitsOf(below) - 1000));
  const under = Number(below >> shift);
  return under === 0 ? Number.POSITIVE_INFINITY : Number(part >> shift) / under;
}

function isLarge(part: bigint): boolean {
  return bitsOf(part) > MAX_BITS;
}

function bitsOf(part: bigint): number {
  return (part < 0n ? -part : part).toString(16).length * 4;
}

/** The greatest common divisor. */
export function divisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
