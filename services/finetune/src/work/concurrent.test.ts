import { describe, expect, it } from 'vitest';
import { createSlots, groupsOf, mapLimited } from './concurrent.ts';

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

describe('mapLimited', () => {
  it('keeps the order and the limit', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([1, 2, 3, 4, 5], 2, async (n) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return n * n;
    });
    expect([results, most]).toEqual([[1, 4, 9, 16, 25], 2]);
  });
});

it('groupsOf cuts a list into groups', () => {
  expect([...groupsOf([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...groupsOf([], 2)]).toEqual([]);
});
