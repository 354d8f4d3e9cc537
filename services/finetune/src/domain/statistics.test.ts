import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excess, pairedDifference, proportion } from './statistics.ts';

describe('proportion', () => {
  it.each([
    ['1100', 0.5, 0.25],
    ['1111', 1, 0],
    ['', 0, 0],
  ])('of %s is %d ± %d', (bits, accuracy, standardError) => {
    expect(proportion(bits)).toEqual({ accuracy, standardError, problems: bits.length });
  });
});

const bits = fc.array(fc.constantFrom('0', '1'), { minLength: 1, maxLength: 50 });

describe('pairedDifference', () => {
  it.each([
    ['1111', '0000', 1, 0],
    ['1010', '0101', 0, 0.5],
    ['1100', '1000', 0.25, Math.sqrt((0.25 - 0.0625) / 4)],
    ['', '', 0, 0],
  ])('of %s and %s is %d ± %d', (a, b, difference, standardError) => {
    expect(pairedDifference(a, b)).toEqual({ difference, standardError });
  });

  it('is the difference of the accuracies, and its own opposite the other way round', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('0', '1'), fc.constantFrom('0', '1'))),
        (pairs) => {
          const a = pairs.map(([first]) => first).join('');
          const b = pairs.map(([, second]) => second).join('');
          const there = pairedDifference(a, b);
          expect(there.difference).toBeCloseTo(proportion(a).accuracy - proportion(b).accuracy);
          const back = pairedDifference(b, a);
          expect(back.difference + there.difference).toBe(0);
          expect(back.standardError).toBe(there.standardError);
        },
      ),
    );
  });

  it('refuses texts of different problems', () => {
    fc.assert(
      fc.property(bits, (some) => {
        expect(() => pairedDifference(some.join(''), `${some.join('')}1`)).toThrow(RangeError);
      }),
    );
  });
});

describe('excess', () => {
  it.each([
    [0, 0, 0],
    [9, 0, 3],
    [0, 9, -3],
    [5, 5, 0],
  ])('of %d losses and %d gains is %d standard errors', (losses, gains, expected) => {
    expect(excess(losses, gains)).toBe(expected);
  });
});
