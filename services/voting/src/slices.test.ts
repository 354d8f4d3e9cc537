import { describe, expect, it } from 'vitest';
import { inOrder } from './slices.ts';

const never = new AbortController().signal;

describe('results in order', () => {
  it('come in the order of the items, whichever ends first', async () => {
    const results = inOrder(
      [30, 1, 20, 2],
      (ms) => (ms < 10 ? ms : new Promise<number>((resolve) => setTimeout(resolve, ms, ms))),
      never,
    );
    expect(await Array.fromAsync(results)).toEqual([30, 1, 20, 2]);
  });

  it('begin a bounded number of items before the first has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let begun = 0;
    const results = inOrder(
      Array.from({ length: 200 }, (_, index) => index),
      async (item) => {
        begun++;
        await promise;
        return item;
      },
      never,
    );
    const first = results.next();
    await new Promise((turn) => setImmediate(turn));
    expect(begun).toBe(64);
    resolve();
    expect(await first).toEqual({ done: false, value: 0 });
    expect(await Array.fromAsync(results)).toHaveLength(199);
  });

  it('give others their turn, however many are made at once', async () => {
    let rounds = 0;
    let running = true;
    const round = () => {
      rounds++;
      if (running) setImmediate(round);
    };
    setImmediate(round);
    const work = () => {
      const until = performance.now() + 6;
      while (performance.now() < until);
    };
    const requests = [1, 2, 3, 4].map(() => inOrder(Array(10).fill(0), work, never));
    await Promise.all(requests.map((results) => Array.fromAsync(results)));
    running = false;
    expect(rounds).toBeGreaterThan(14);
  });

  it('end with the reason of the signal', async () => {
    const controller = new AbortController();
    const results = inOrder(
      [1, 2, 3],
      (item) => {
        if (item === 2) controller.abort(new Error('gone'));
        return item;
      },
      controller.signal,
    );
    await expect(Array.fromAsync(results)).rejects.toThrow('gone');
  });

  it('abort what is under way when one fails or they are no longer taken', async () => {
    const stopped: number[] = [];
    const work = (item: number, _index: number, signal: AbortSignal) =>
      new Promise<number>((resolve, reject) => {
        signal.addEventListener('abort', () => stopped.push(item));
        if (item === 1) reject(new Error('failed'));
        if (item === 4) resolve(item);
      });
    await expect(Array.fromAsync(inOrder([1, 2, 3], work, never))).rejects.toThrow('failed');
    expect(stopped).toEqual([1, 2, 3]);
    for await (const _result of inOrder([4, 5], work, never)) break;
    expect(stopped).toEqual([1, 2, 3, 4, 5]);
  });
});
