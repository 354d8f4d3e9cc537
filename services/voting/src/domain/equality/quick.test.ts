import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Policy, policyOf } from '../policy.ts';
import { canonical } from './canonical.ts';
import { quickVerdict } from './quick.ts';
import { anyFraction, anyPolicy, anyText, spellings } from './testing/arbitraries.ts';

const boxed = policyOf('boxed');

function verdict(policy: Policy, a: string, b: string) {
  const left = canonical(policy, a);
  const right = canonical(policy, b);
  return left && right && quickVerdict(policy, left, right);
}

describe('quickVerdict', () => {
  it('is reflexive and symmetric under every policy and setting', () => {
    fc.assert(
      fc.property(anyPolicy, anyText, anyText, (policy, a, b) => {
        const left = canonical(policy, a);
        const right = canonical(policy, b);
        if (left) expect(quickVerdict(policy, left, left)?.equal).toBe(true);
        if (left && right)
          expect(quickVerdict(policy, right, left)).toEqual(quickVerdict(policy, left, right));
      }),
      { numRuns: 5000 },
    );
  });

  it('is exact for every pair of fractions in every spelling', () => {
    const near = fc.tuple(anyFraction, fc.constantFrom(-1n, 0n, 1n)).map(([{ n, d }, step]) => ({
      first: { n, d },
      second: { n: n + step, d },
    }));
    const pair = fc.oneof(fc.record({ first: anyFraction, second: anyFraction }), near);
    fc.assert(
      fc.property(pair, fc.nat(), fc.nat(), ({ first, second }, i, j) => {
        const a = spellings(first);
        const b = spellings(second);
        const text = a[i % a.length] ?? '';
        const other = b[j % b.length] ?? '';
        const equal = first.n * second.d === second.n * first.d;
        expect(verdict(boxed, text, other)?.equal, `${text} and ${other}`).toBe(equal);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees in significant digits as rounding by decimal notation does, and groups without contradiction', () => {
    const value = fc.integer({ min: -99_999, max: 99_999 });
    const digits = fc.integer({ min: 1, max: 8 });
    const rounded = (n: number, count: number) =>
      Math.sign(n) * Number((Math.abs(n) + 1e-9).toPrecision(count));
    fc.assert(
      fc.property(value, value, digits, (a, b, count) => {
        const policy = policyOf('boxed', { digits: count });
        expect(verdict(policy, `${a}`, `${b}`)?.equal).toBe(
          rounded(a, count) === rounded(b, count),
        );
      }),
    );
  });

  it('converts units by their factor', () => {
    const units = { mm: 1n, cm: 10n, m: 1000n, km: 1_000_000n };
    const unit = fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[]));
    const size = fc.bigInt({ min: 0n, max: 2_000_000n });
    fc.assert(
      fc.property(size, unit, size, unit, (a, first, b, second) => {
        const policy = policyOf('boxed');
        const converted = `${a * units[first]}/${units[second]} ${second}`;
        expect(verdict(policy, `${a} ${first}`, converted)?.equal).toBe(true);
        const equal = a * units[first] === b * units[second];
        expect(verdict(policy, `${a} ${first}`, `${b}\\text{ ${second}}`)?.equal).toBe(equal);
      }),
    );
  });

  it('leaves to the third step what neither text nor number decides', () => {
    for (const [a, b] of [
      ['x+1', '1+x'],
      ['5', '\\sqrt{25}'],
      ['(1,2)', '[1,2]'],
      ['5', 'xy^2'],
    ] as const)
      expect(verdict(boxed, a, b)).toBeUndefined();
    expect(verdict(boxed, '5', 'no solution')).toEqual({
      equal: false,
      rule: 'string',
      unknown: false,
    });
    expect(verdict(policyOf('gsm'), '5', '6')).toEqual({
      equal: false,
      rule: 'number',
      unknown: false,
    });
    expect(verdict(policyOf('text'), 'a', 'b')).toEqual({
      equal: false,
      rule: 'string',
      unknown: false,
    });
  });
});
