import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chosen, mixtureSizes } from './mixture.ts';

describe('mixtureSizes', () => {
  it.each([
    [0.5, 10, 100, 10, 10],
    [0.5, 100, 10, 10, 10],
    [0.5, 0, 10, 0, 0],
    [0, 5, 10, 0, 10],
    [1, 5, 10, 5, 0],
    [0, 5, 0, 0, 0],
    [0.25, 10, 30, 10, 30],
    [0.3, 3, 7, 3, 7],
    [0.7, 7, 3, 7, 3],
    [0.1, 1, 100, 1, 9],
    [0.9, 100, 1, 9, 1],
  ])('w=%d of %d corrected and %d kept takes %d and %d', (weight, corrected, kept, c, k) => {
    expect(mixtureSizes(weight, { corrected, kept })).toEqual({ corrected: c, kept: k });
  });

  it('keeps the share to a row, within the pools, and cannot be larger', () => {
    const size = fc.nat({ max: 5000 });
    const weight = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
    fc.assert(
      fc.property(weight, size, size, (w, corrected, kept) => {
        const sizes = mixtureSizes(w, { corrected, kept });
        const total = sizes.corrected + sizes.kept;
        expect(sizes.corrected).toBeLessThanOrEqual(corrected);
        expect(sizes.kept).toBeLessThanOrEqual(kept);
        expect(Math.abs(sizes.corrected - w * total)).toBeLessThanOrEqual(0.5 + 1e-6);
        const more = total + 1;
        expect(w * more > corrected + 1e-6 || (1 - w) * more > kept + 1e-6).toBe(true);
      }),
    );
  });
});

it('chooses that many, in order, by the random numbers alone', () => {
  const items = [2, 3, 5, 7, 11];
  expect(chosen(items, 5, () => 0)).toEqual(items);
  expect(chosen(items, 9, () => 0)).toEqual(items);
  const three = chosen(items, 3, () => 0);
  expect(three).toHaveLength(3);
  expect(three).toEqual(three.toSorted((a, b) => a - b));
  expect(chosen(items, 0, () => 0)).toEqual([]);
});
