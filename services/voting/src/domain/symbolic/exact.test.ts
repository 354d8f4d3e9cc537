import { describe, expect, it } from 'vitest';
import { type Exact, exact, exactOf, inverse, power, product, sum, toDouble } from './exact.ts';

function number(re: bigint, im = 0n, below = 1n): Exact {
  const value = exact(re, im, below);
  if (!value) throw new Error('no number');
  return value;
}

describe('exact numbers', () => {
  it('reads a decimal as the rational that it spells', () => {
    expect(exactOf('-0.125')).toEqual(number(-1n, 0n, 8n));
    expect(exactOf('1.5e3')).toEqual(number(1500n));
    expect(exactOf('12e-1')).toEqual(number(6n, 0n, 5n));
    expect(exactOf('.')).toBeUndefined();
    expect(exactOf('1.2.3')).toBeUndefined();
  });

  it('computes with complex numbers', () => {
    const z = number(1n, 2n);
    expect(product(z, z)).toEqual(number(-3n, 4n));
    expect(power(z, 2)).toEqual(number(-3n, 4n));
    expect(power(z, 5)).toEqual(number(41n, -38n));
    expect(product(z, inverse(z) as Exact)).toEqual(number(1n));
    expect(sum(z, number(-1n, 1n, 2n))).toEqual(number(1n, 5n, 2n));
  });

  it('has no inverse of 0, no 0^0 and no number beyond its limit', () => {
    expect(inverse(number(0n))).toBeUndefined();
    expect(power(number(0n), 0)).toBeUndefined();
    expect(power(number(10n), 1_000_000)).toBeUndefined();
    expect(power(number(1n), 1_000_000)).toEqual(number(1n));
  });

  it('is near its double, whatever its size', () => {
    expect(toDouble(1n, 3n)).toBeCloseTo(1 / 3, 15);
    expect(toDouble(10n ** 400n, 10n ** 399n)).toBeCloseTo(10, 12);
    expect(toDouble(10n ** 400n, 1n)).toBe(Number.POSITIVE_INFINITY);
    expect(toDouble(1n, 10n ** 400n)).toBe(0);
  });
});
