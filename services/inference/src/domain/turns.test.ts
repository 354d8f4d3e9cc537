import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, release: resolve };
}

describe('Turns', () => {
  it('runs so many at once, then the others in the order in which they came', async () => {
    const turns = new Turns(2, 10);
    const started: number[] = [];
    const works = Array.from({ length: 5 }, held);
    const runs = works.map(({ work }, index) =>
      turns.run(() => {
        started.push(index);
        return work();
      }),
    );
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    works[1]?.release();
    await runs[1];
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    for (const { release } of works) release();
    await Promise.all(runs);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses what would have to wait beyond the limit, and takes more once there is room', async () => {
    const turns = new Turns(1, 1);
    const [first, second] = [held(), held()];
    const runs = [turns.run(first.work), turns.run(second.work)];
    await expect(turns.run(async () => {})).rejects.toMatchObject({
      reason: 'OVERLOADED',
      retryAfter: 1,
    });
    first.release();
    second.release();
    await Promise.all(runs);
    expect(await turns.run(async () => 'again')).toBe('again');
  });

  it('goes on after a failure', async () => {
    const turns = new Turns(1, 1);
    const failing = turns.run(() => Promise.reject(new Error('no')));
    const next = turns.run(async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });
});
