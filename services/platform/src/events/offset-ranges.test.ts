import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readOffsets, writeOffsets } from './offset-ranges.ts';

it.each([
  [[], ''],
  [[7], '7'],
  [[3, 12, 5, 6, 7], '3,5-7,12'],
])('writes %j as %j', (offsets, text) => {
  expect(writeOffsets(new Set(offsets.map(BigInt)))).toBe(text);
});

it('reads what it wrote', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(300)), (numbers) => {
      const offsets = new Set(numbers.map(BigInt));
      expect(readOffsets(writeOffsets(offsets))).toEqual(offsets);
    }),
  );
});

it.each(['x', '3,', '5-', '-1'])('refuses %j', (text) => {
  expect(() => readOffsets(text)).toThrow(expect.objectContaining({ reason: 'DATA_CORRUPT' }));
});
