import { describe, expect, it } from 'vitest';
import { type Concurrency, nextConcurrency, reserve, startConcurrency } from './concurrency.ts';

const CAP = 256;
const at = (target: number, step = 2, waiting = 0): Concurrency => ({ target, step, waiting });

describe('nextConcurrency', () => {
  it.each<[string, Concurrency, { running: number; waiting: number }, number, number]>([
    ['stays while it is not reached', at(64), { running: 10, waiting: 0 }, 10, 64],
    ['grows when all run', at(16), { running: 16, waiting: 0 }, 16, 18],
    ['grows faster the longer all run', at(16, 32), { running: 16, waiting: 0 }, 16, 48],
    ['does not grow past the cap', at(250, 64), { running: 250, waiting: 0 }, 250, CAP],
    ['creeps while the reserve waits', at(18, 32), { running: 16, waiting: 2 }, 18, 19],
    [
      'stays when more waits for the first time',
      at(64, 2, 0),
      { running: 16, waiting: 48 },
      64,
      64,
    ],
    ['shrinks when more waits again', at(64, 2, 48), { running: 16, waiting: 48 }, 64, 18],
    [
      'shrinks to the same while the surplus drains',
      at(18, 2, 40),
      { running: 16, waiting: 30 },
      46,
      18,
    ],
    [
      'shrinks also when the target was never reached',
      at(64, 2, 24),
      { running: 16, waiting: 24 },
      40,
      18,
    ],
    [
      'keeps the reserve where others use nearly all',
      at(64, 2, 1000),
      { running: 16, waiting: 1000 },
      3,
      2,
    ],
    [
      'shrinks by its share where others use the engine',
      at(64, 2, 48),
      { running: 16, waiting: 48 },
      32,
      9,
    ],
    [
      'shrinks to what fills the batch where others overload the engine',
      at(64, 2, 48),
      { running: 16, waiting: 48 },
      1,
      18,
    ],
  ])('%s', (_, before, seen, inFlight, target) => {
    expect(nextConcurrency(before, seen, inFlight, CAP).target).toBe(target);
  });

  it('keeps an eighth of the batch waiting, at least two', () => {
    expect([1, 16, 17, 256].map((running) => reserve({ running, waiting: 0 }))).toEqual([
      2, 2, 3, 32,
    ]);
  });
});

/** An engine of so many slots with several callers, each of which has more work than fits. */
function looks(slots: number, callers: number, rounds: number, start = startConcurrency(CAP)) {
  let states = Array.from({ length: callers }, () => start);
  const seen: { running: number; waiting: number; targets: number[] }[] = [];
  for (let round = 0; round < rounds; round++) {
    const inFlight = states.map(({ target }) => Math.max(1, Math.floor(target)));
    const all = inFlight.reduce((sum, one) => sum + one, 0);
    const running = Math.min(slots, all);
    const waiting = all - running;
    states = states.map((state, caller) =>
      nextConcurrency(state, { running, waiting }, inFlight[caller] ?? 0, CAP),
    );
    seen.push({ running, waiting, targets: inFlight });
  }
  return seen;
}

describe('the concurrency of an engine under more work than it takes', () => {
  it.each([1, 4, 16, 64, 200])('fills a batch of %i and keeps its queue short', (slots) => {
    const settled = looks(slots, 1, 40).slice(20);
    for (const { running, waiting } of settled) {
      expect(running).toBe(slots);
      expect(waiting).toBeLessThanOrEqual(1 + reserve({ running, waiting }));
    }
  });

  it('finds a batch of 16 in three looks, and one of 200 as well', () => {
    expect(looks(16, 1, 3).at(-1)).toMatchObject({ running: 16, waiting: 2 });
    expect(looks(200, 1, 3).at(-1)).toMatchObject({ running: 200 });
  });

  it('recovers from a look that misled it', () => {
    const misled = nextConcurrency(at(64, 2, 28), { running: 4, waiting: 28 }, 32, CAP);
    expect(misled.target).toBeLessThan(8);
    expect(looks(64, 1, 8, misled).at(-1)).toMatchObject({ running: 64 });
  });

  it.each([2, 3])('is shared by %i callers, whatever they begin with', (callers) => {
    const settled = looks(16, callers, 400).slice(300);
    const mean = settled.reduce((sum, { waiting }) => sum + waiting, 0) / settled.length;
    expect(mean).toBeLessThanOrEqual(4 + callers);
    expect(settled.every(({ running }) => running === 16)).toBe(true);
    const shares = settled.at(-1)?.targets ?? [];
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  });
});
