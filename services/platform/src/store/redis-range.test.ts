import { describe, expect, it } from 'vitest';
import { decodeCursor } from './cursor.ts';
import { mergePage } from './redis-range.ts';

const LISTS = [
  ['b', '1', 'z', '1.5', '🌍', '2'],
  [],
  ['a', '-1', 'c', '1', '\uffee', '2', 'é', '2'],
];
const ORDER = ['a', 'b', 'c', 'z', 'é', '\uffee', '🌍'];

describe('mergePage', () => {
  it('orders by rank, then by the bytes of the member', () => {
    expect(mergePage(LISTS, 99, false)).toEqual({ members: ORDER });
    expect(mergePage(LISTS, 99, true)).toEqual({ members: ORDER.toReversed() });
  });

  it('names where the next page begins, if there is one', () => {
    const { members, next = '' } = mergePage(LISTS, 4, false);
    expect(members).toEqual(ORDER.slice(0, 4));
    expect(decodeCursor(next)).toEqual({ rank: 1.5, member: 'z' });
    expect(mergePage(LISTS, ORDER.length, false).next).toBeUndefined();
  });
});
