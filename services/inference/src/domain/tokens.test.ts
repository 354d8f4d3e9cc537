import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareTokens } from './tokens.ts';

describe('shareTokens', () => {
  it.each<[number, number[], number[]]>([
    [10, [5], [10]],
    [10, [1, 1], [5, 5]],
    [10, [3, 1], [8, 2]],
    [3, [0, 0], [2, 1]],
    [0, [4, 2], [0, 0]],
  ])('shares %i by %j', (total, lengths, shares) => {
    expect(shareTokens(total, lengths)).toEqual(shares);
  });

  it('adds up to the total and is within one of the exact share', () => {
    const lengths = fc.array(fc.nat(1000), { minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(fc.nat(100_000), lengths, (total, all) => {
        const shares = shareTokens(total, all);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        const whole = all.reduce((sum, length) => sum + length, 0);
        if (whole === 0) return;
        for (const [index, share] of shares.entries())
          expect(Math.abs(share - (total * (all[index] ?? 0)) / whole)).toBeLessThan(1.0001);
      }),
    );
  });
});
