import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveSeed, seededRandom, shuffled } from './random.ts';

describe('seededRandom', () => {
  it('repeats for equal seeds and is uniform enough', () => {
    const random = seededRandom(7);
    const again = seededRandom(7);
    let sum = 0;
    for (let drawn = 0; drawn < 10_000; drawn++) {
      const value = random();
      expect(value).toBe(again());
      sum += value;
    }
    expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.02);
  });

  it('differs in the high half of a seed, too', () => {
    expect(seededRandom(1)()).not.toBe(seededRandom(1 + 2 ** 33)());
  });
});

describe('deriveSeed', () => {
  it('depends on every name and stays exact when small numbers are added', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), fc.string(), (seed, a, b) => {
        const derived = deriveSeed(seed, a, b);
        expect(derived).toBe(deriveSeed(seed, a, b));
        expect(derived + 100).toBeLessThan(Number.MAX_SAFE_INTEGER);
        if (a !== b) expect(derived).not.toBe(deriveSeed(seed, b, a));
      }),
    );
  });
});

describe('shuffled', () => {
  it('is a permutation and leaves its input alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const copy = [...items];
        expect(shuffled(items, seededRandom(seed)).toSorted()).toEqual(items.toSorted());
        expect(items).toEqual(copy);
      }),
    );
  });
});
