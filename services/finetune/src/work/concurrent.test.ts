import { describe, expect, it } from 'vitest';
import { createSlots, groupsOf } from './concurrent.ts';

describe('slots', () => {
  const signal = new AbortController().signal;

  it('are given in the order in which they were asked for', async () => {
    const slots = createSlots(1);
    const first = await slots.take(signal);
    const order: number[] = [];
    const later = [1, 2].map(async (n) => {
      const giveBack = await slots.take(signal);
      order.push(n);
      giveBack();
      giveBack();
    });
    expect(order).toEqual([]);
    first();
    await Promise.all(later);
    expect(order).toEqual([1, 2]);
    await slots.take(signal);
  });

  it('are not lost to those who stop waiting', async () => {
    const slots = createSlots(1);
    const first = await slots.take(signal);
    const controller = new AbortController();
    const waiting = slots.take(controller.signal);
    controller.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    await expect(slots.take(controller.signal)).rejects.toBe('enough');
    first();
    await slots.take(signal);
  });
});

it('groupsOf cuts a list into groups', () => {
  expect([...groupsOf([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...groupsOf([], 2)]).toEqual([]);
});

it('groupsOf keeps groups under a weight, and gives a heavy item a group of its own', () => {
  const weigh = (n: number) => n;
  expect([...groupsOf([1, 2, 3, 9, 1], 3, { weigh, most: 5 })]).toEqual([[1, 2], [3], [9], [1]]);
});
