import { expect, it } from 'vitest';
import { mapLimited } from './limited.ts';

it('keeps the order and the limit', async () => {
  let running = 0;
  let most = 0;
  const results = await mapLimited([5, 1, 3, 2, 4], 2, async (item) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
});

it('begins nothing after a failure, and throws it', async () => {
  const begun: number[] = [];
  const mapping = mapLimited([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error('no');
    return item;
  });
  await expect(mapping).rejects.toThrow('no');
  expect(begun).not.toContain(4);
});
