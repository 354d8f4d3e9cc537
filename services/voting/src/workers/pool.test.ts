import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../domain/settings.ts';
import { createSymbolicPool, type SymbolicPool, type SymbolicPoolOptions } from './pool.ts';
import type { Outcome } from './thread.ts';

const entry = new URL('../testing/obeying-worker.ts', import.meta.url);
const pools: SymbolicPool[] = [];

/** A pool whose threads do what the first text of a pair says, and the outcomes that it told of. */
function open(options: Partial<SymbolicPoolOptions> = {}) {
  const outcomes: Outcome[] = [];
  const pool = createSymbolicPool({
    workers: 1,
    deadlineMs: 250,
    queue: 100,
    entry,
    onOutcome: (outcome) => outcomes.push(outcome),
    ...options,
  });
  pools.push(pool);
  const compare = (a: string, b: string, signal?: AbortSignal) =>
    pool.compare(a, b, DEFAULT_SETTINGS, signal);
  return { pool, compare, outcomes };
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('the pool of comparing threads', () => {
  it('says equal, different and unknown', async () => {
    const { compare, outcomes } = open();
    expect(await compare('a', 'a')).toBe(true);
    expect(await compare('a', 'b')).toBe(false);
    expect(await compare('!unknown', 'b')).toBeUndefined();
    expect(outcomes).toEqual(['equal', 'different', 'unknown']);
  });

  it('gives every pair its own verdict, whatever waits beside it', async () => {
    const { compare } = open({ workers: 2 });
    const pairs = Array.from({ length: 100 }, (_, index) => [`${index}`, `${index - (index % 3)}`]);
    const verdicts = await Promise.all(pairs.map(([a = '', b = '']) => compare(a, b)));
    expect(verdicts).toEqual(pairs.map(([a, b]) => a === b));
  });

  it('cuts off a pair at its deadline and goes on with those behind it', async () => {
    const { compare, outcomes } = open({ deadlineMs: 100 });
    await compare('warm', 'warm');
    const start = performance.now();
    const verdicts = await Promise.all([
      compare('!spin', '1'),
      compare('a', 'a'),
      compare('!spin', '2'),
      compare('a', 'b'),
    ]);
    expect(verdicts).toEqual([undefined, true, undefined, false]);
    expect(outcomes.slice(1)).toEqual(['overrun', 'equal', 'overrun', 'different']);
    expect(performance.now() - start).toBeGreaterThan(200);
  });

  it('counts neither the start of a thread nor the time in the queue as time of a pair', async () => {
    const { compare } = open({ deadlineMs: 150 });
    const verdicts = await Promise.all(
      Array.from({ length: 4 }, (_, index) => compare(`!wait 50 ${index}`, 'b')),
    );
    expect(verdicts).toEqual([false, false, false, false]);
  });

  it('takes a verdict that came in time while the event loop was busy', async () => {
    const { pool, compare, outcomes } = open({ deadlineMs: 300 });
    await compare('warm', 'warm');
    const verdict = compare('!wait 150', 'b');
    await setImmediate();
    expect(pool.busy).toBe(1);
    await setImmediate();
    const until = performance.now() + 500;
    while (performance.now() < until);
    expect(await verdict).toBe(false);
    expect(outcomes).toEqual(['equal', 'different']);
  });

  it.each(['!throw', '!overflow', '!exit', '!fill'])(
    'replaces a thread that ends by %s',
    async (end) => {
      const { compare, outcomes } = open({ deadlineMs: 15_000 });
      const verdicts = await Promise.all([compare(end, 'b'), compare('a', 'a')]);
      expect(verdicts).toEqual([undefined, true]);
      expect(outcomes).toEqual(['crashed', 'equal']);
    },
  );

  it('does not compare a pair twice that it knows, turned round or not', async () => {
    const { compare, outcomes } = open();
    expect(await compare('!spin', 'b')).toBeUndefined();
    expect(await Promise.all([compare('b', '!spin'), compare('!spin', 'b')])).toEqual([
      undefined,
      undefined,
    ]);
    const twice = await Promise.all([compare('a', 'b'), compare('b', 'a')]);
    expect(twice).toEqual([false, false]);
    expect(outcomes).toEqual(['overrun', 'different']);
  });

  it('compares again under other settings', async () => {
    const { pool, outcomes } = open();
    await pool.compare('a', 'b', DEFAULT_SETTINGS);
    await pool.compare('a', 'b', { ...DEFAULT_SETTINGS, digits: 3 });
    expect(outcomes).toHaveLength(2);
  });

  it('refuses what its queue does not take', async () => {
    const { pool, compare } = open({ queue: 2 });
    await compare('warm', 'warm');
    const running = compare('!spin', 'b');
    await setImmediate();
    expect(pool.busy).toBe(1);
    const waiting = [compare('a', 'a'), compare('a', 'b')];
    expect(pool.queued).toBe(2);
    await expect(compare('a', 'c')).rejects.toMatchObject({ reason: 'OVERLOADED', retryAfter: 1 });
    expect(await Promise.all([running, ...waiting])).toEqual([undefined, true, false]);
    expect(await compare('a', 'c')).toBe(false);
  });

  it('lets callers take turns', async () => {
    const { pool, compare } = open({ deadlineMs: 50 });
    await compare('warm', 'warm');
    const hostile = new AbortController().signal;
    const bombs = Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => compare('!spin', `bomb ${index}`, hostile)),
    );
    await compare('a', 'b', new AbortController().signal);
    expect(pool.queued).toBeGreaterThan(15);
    await pool.close();
    await bombs;
  });

  it('drops a waiting pair that is aborted, and no other', async () => {
    const { pool, compare, outcomes } = open();
    await compare('warm', 'warm');
    const abort = new AbortController();
    const running = compare('!wait 200', 'b', abort.signal);
    await setImmediate();
    expect(pool.busy).toBe(1);
    const waiting = compare('a', 'b', abort.signal);
    const other = compare('a', 'a');
    const settled = Promise.allSettled([running, waiting]);
    abort.abort(new Error('gone'));
    expect(pool.queued).toBe(1);
    for (const one of await settled)
      expect(one).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    expect(await other).toBe(true);
    expect(outcomes).toEqual(['equal', 'different', 'equal']);
    await expect(compare('a', 'd', abort.signal)).rejects.toThrow('gone');
  });

  it('refuses what waits when it is closed, and everything after', async () => {
    const { pool, compare } = open();
    await compare('warm', 'warm');
    const running = compare('!wait 200', 'b');
    await setImmediate();
    expect(pool.busy).toBe(1);
    const waiting = compare('a', 'b').catch((error: unknown) => error);
    await pool.close();
    expect(await waiting).toMatchObject({ reason: 'UNAVAILABLE' });
    expect(await running).toBe(false);
    await expect(compare('a', 'a')).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    await pool.close();
  });

  it('says so when no thread starts, and does not try without pause', async () => {
    const { compare } = open({ entry: new URL('./missing.ts', import.meta.url) });
    const start = performance.now();
    for (let attempt = 0; attempt < 4; attempt += 1)
      await expect(compare('a', 'b')).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(performance.now() - start).toBeGreaterThan(100 + 200 + 400);
  });

  it('compares by mathematics in the threads of the service', async () => {
    const pool = createSymbolicPool({ workers: 2, deadlineMs: 2000, queue: 10 });
    pools.push(pool);
    const pairs = [
      ['(x+1)(x-1)', 'x^2-1', true],
      ['(x+1)(x-1)', 'x^2+1', false],
      ['\\frac{\\sqrt{3}}{3}', '\\frac{1}{\\sqrt{3}}', true],
      ['[0,1)', '[0,1]', false],
    ] as const;
    const verdicts = pairs.map(([a, b]) => pool.compare(a, b, DEFAULT_SETTINGS));
    expect(await Promise.all(verdicts)).toEqual(pairs.map(([, , equal]) => equal));
  });
});
