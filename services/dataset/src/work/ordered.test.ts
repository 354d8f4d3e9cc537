import { expect, it } from 'vitest';
import { blocksOf, inOrder } from './ordered.ts';

it('gives results in order and works on few at once', async () => {
  let running = 0;
  let most = 0;
  const results: number[] = [];
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < 5 - item; turn++) await Promise.resolve();
    running--;
    return item * 10;
  };
  for await (const result of inOrder([1, 2, 3, 4, 5], 3, work)) results.push(result);
  expect(results).toEqual([10, 20, 30, 40, 50]);
  expect(most).toBe(3);
});

it('begins nothing after a failure', async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    if (item === 1) throw new Error('no');
    return item;
  };
  await expect(async () => {
    for await (const _ of inOrder([1, 2, 3, 4, 5], 2, work));
  }).rejects.toThrow('no');
  expect(begun).toEqual([1, 2]);
});

it('cuts a count into blocks', () => {
  expect([...blocksOf(5, 2)]).toEqual([[0, 1], [2, 3], [4]]);
  expect([...blocksOf(0, 2)]).toEqual([]);
});
