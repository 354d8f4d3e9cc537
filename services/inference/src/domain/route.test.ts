import { describe, expect, it } from 'vitest';
import { leastLoaded, type Slot } from './route.ts';

function slot(order: number, inFlight: number, elsewhere = 0, cap = 4): Slot {
  return { order, cap, inFlight, elsewhere };
}

describe('leastLoaded', () => {
  it.each<[string, Slot[], number, number | undefined]>([
    ['the least loaded', [slot(0, 2), slot(1, 1)], 1, 1],
    ['the first among equals, whatever their order', [slot(1, 1), slot(0, 1)], 1, 0],
    ['with what others have there', [slot(0, 0, 3), slot(1, 2)], 1, 1],
    ['one with room', [slot(0, 2), slot(1, 3)], 2, 0],
    ['none without room', [slot(0, 3), slot(1, 3)], 2, undefined],
    ['none of none', [], 1, undefined],
  ])('takes %s', (_, slots, n, order) => {
    expect(leastLoaded(slots, n)?.order).toBe(order);
  });

  it('avoids an engine unless it is the only one', () => {
    const [idle, busy] = [slot(0, 0), slot(1, 3)] as const;
    expect(leastLoaded([idle, busy], 1, idle)).toBe(busy);
    expect(leastLoaded([idle], 1, idle)).toBe(idle);
  });
});
