import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ParleyError } from '../errors.ts';
import type { Lease, Store } from '../store/port.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { failureDelays } from './failure-delays.ts';
import { type Runner, type RunnerOptions, runLeased } from './runner.ts';

const SOON = { timeout: 5_000, interval: 5 };

describe('runLeased', () => {
  let folder = '';
  let store: Store;
  const runners: Runner[] = [];
  const onError = vi.fn();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-work-'));
    store = openSqliteStore(join(folder, 'parley.db'), { service: 'tests' });
    onError.mockReset();
  });
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.close();
    await store.close();
    await rm(folder, { recursive: true });
  });

  function start(run: RunnerOptions['run'], more: Partial<RunnerOptions> = {}): Runner {
    const runner = runLeased({
      store,
      queue: 'q',
      holder: 'h1',
      concurrency: 4,
      ttl: 30_000,
      run,
      onError,
      ...more,
    });
    runners.push(runner);
    return runner;
  }
  const enqueue = (id: string) => store.commit(id, [{ op: 'enqueue', queue: 'q', id }]);
  const finish = (lease: Lease) => store.commit(lease.id, [{ op: 'release', lease }]);
  /** Runs until its signal is aborted, then throws the reason. */
  const forever = (_: Lease, signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });

  it('runs what was queued before and after its start, each once', async () => {
    const ran: string[] = [];
    await enqueue('before');
    start(async (lease) => {
      ran.push(lease.id);
      await finish(lease);
    });
    for (let n = 0; n < 50; n += 1) await enqueue(`w${n}`);
    await vi.waitFor(async () => {
      expect(ran).toHaveLength(51);
      expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
    }, SOON);
    expect(new Set(ran).size).toBe(51);
    expect(onError).not.toHaveBeenCalled();
  });

  it('runs no more at once than it may, held work included', async () => {
    const gate = Promise.withResolvers<void>();
    let most = 0;
    const runner = start(async (lease) => {
      most = Math.max(most, runner.running());
      await gate.promise;
      await finish(lease);
    });
    await Promise.all(Array.from({ length: 10 }, (_, n) => enqueue(`w${n}`)));
    await vi.waitFor(() => expect(runner.running()).toBe(4), SOON);
    const { leases } = await store.commit('held', [
      { op: 'enqueue', queue: 'q', id: 'held', hold: { holder: 'h1', ttl: 30_000 } },
    ]);
    const [held] = leases as [Lease];
    expect(runner.take(held, performance.now())).toBe(false);
    gate.resolve();
    await vi.waitFor(async () => expect((await store.depth('q')).queued).toBe(1), SOON);
    await vi.waitFor(() => expect(runner.take(held, performance.now())).toBe(true), SOON);
    await vi.waitFor(async () => expect((await store.depth('q')).queued).toBe(0), SOON);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('keeps the lease of a long run, and loses one that was taken away', async () => {
    const reasons: unknown[] = [];
    const runner = start(
      (lease, signal) =>
        forever(lease, signal).catch((reason: unknown) => {
          reasons.push(reason);
          throw reason;
        }),
      { ttl: 300 },
    );
    await enqueue('a');
    await vi.waitFor(() => expect(runner.running()).toBe(1), SOON);
    const extend = vi.spyOn(store, 'extend');
    await vi.waitFor(() => expect(extend.mock.calls.length).toBeGreaterThan(5), SOON);
    expect(await store.lease('q', { holder: 'h2', ttl: 1, limit: 1 })).toEqual([]);
    await store.commit('a', [{ op: 'dequeue', queue: 'q', id: 'a' }]);
    await vi.waitFor(() => expect(runner.running()).toBe(0), SOON);
    expect(reasons).toEqual([expect.objectContaining({ reason: 'LEASE_LOST' })]);
    expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
  });

  it('gives a run up when the store cannot be asked for longer than its patience', async () => {
    const cut: Store = { ...store, extend: () => Promise.reject(new Error('away')) };
    const runner = start(forever, { store: cut, ttl: 90, patience: 90, queue: 'cut' });
    await store.commit('a', [{ op: 'enqueue', queue: 'cut', id: 'a' }]);
    await vi.waitFor(() => {
      expect(onError).toHaveBeenCalledWith(
        expect.objectContaining({ reason: 'LEASE_LOST' }),
        expect.objectContaining({ id: 'a' }),
      );
    }, SOON);
    await runner.close();
  });

  it('confirms a lease: at once while it is fresh, else by asking the store, which may be away', async () => {
    let away = true;
    const extend = vi.fn((...asked: Parameters<Store['extend']>) =>
      away ? Promise.reject(new Error('away')) : store.extend(...asked),
    );
    const confirmed: string[] = [];
    start(
      async (lease, signal, { confirm }) => {
        await confirm();
        confirmed.push('fresh');
        expect(extend).not.toHaveBeenCalled();
        await vi.waitFor(() => expect(extend.mock.calls.length).toBeGreaterThanOrEqual(3), SOON);
        const asking = confirm();
        if (lease.id === 'taken') {
          const [heir] = await vi.waitFor(async () => {
            const found = await store.lease('cut', { holder: 'heir', ttl: 30_000, limit: 1 });
            expect(found).toHaveLength(1);
            return found;
          }, SOON);
          expect(heir?.id).toBe('taken');
        }
        away = false;
        await asking.then(
          () => confirmed.push('held'),
          ({ reason }: { reason: string }) => confirmed.push(reason),
        );
        if (!signal.aborted) await finish(lease);
      },
      { store: { ...store, extend }, ttl: 150, queue: 'cut' },
    );
    for (const id of ['kept', 'taken']) {
      away = true;
      extend.mockClear();
      await store.commit(id, [{ op: 'enqueue', queue: 'cut', id }]);
      await vi.waitFor(() => expect(confirmed).toHaveLength(id === 'kept' ? 2 : 4), SOON);
    }
    expect(confirmed).toEqual(['fresh', 'held', 'fresh', 'LEASE_LOST']);
  });

  it('releases work that failed, later every time, and tells why', async () => {
    let tries = 0;
    start(async (lease) => {
      tries += 1;
      if (tries < 3) throw new Error(`failure ${tries}`);
      await finish(lease);
    });
    await enqueue('a');
    await vi.waitFor(() => expect(tries).toBe(1), SOON);
    await vi.waitFor(async () => {
      expect(await store.depth('q')).toEqual({ queued: 1, leased: 0 });
    }, SOON);
    await vi.waitFor(async () => expect((await store.depth('q')).queued).toBe(0), SOON);
    expect(tries).toBe(3);
    expect(onError.mock.calls.map(([error, lease]) => [error.message, lease.id])).toEqual([
      ['failure 1', 'a'],
      ['failure 2', 'a'],
    ]);
  });

  it('ends the runs of an id, and hands back what is still queued', async () => {
    const seen: string[] = [];
    const runner = start(async (lease, signal) => {
      seen.push(lease.id);
      if (seen.length === 1) await forever(lease, signal);
      await finish(lease);
    });
    await enqueue('a');
    await vi.waitFor(() => expect(seen).toEqual(['a']), SOON);
    runner.abort('other');
    runner.abort('a');
    await vi.waitFor(() => expect(seen).toEqual(['a', 'a']), SOON);
    expect(onError).not.toHaveBeenCalled();
  });

  it('hands unfinished work to another holder at once when it closes', async () => {
    const runner = start(forever);
    await enqueue('a');
    await enqueue('b');
    await vi.waitFor(() => expect(runner.running()).toBe(2), SOON);
    const { leases } = await store.commit('late', [
      { op: 'enqueue', queue: 'q', id: 'late', hold: { holder: 'h1', ttl: 30_000 } },
    ]);
    await runner.close();
    expect(runner.running()).toBe(0);
    expect(runner.take(leases[0] as Lease, performance.now())).toBe(false);
    const taken = await store.lease('q', { holder: 'h2', ttl: 30_000, limit: 9 });
    expect(taken.map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
    expect(onError).not.toHaveBeenCalled();
  });

  it('lets runs end what is under way when it closes, for a while', async () => {
    const finished: string[] = [];
    const runner = start(
      async (lease, signal, { draining }) => {
        await new Promise((resolve) => draining.addEventListener('abort', resolve));
        expect(signal.aborted).toBe(false);
        if (lease.id === 'stuck') return forever(lease, signal);
        await new Promise((resolve) => setTimeout(resolve, 50));
        finished.push(lease.id);
        if (lease.id === 'done') await finish(lease);
        else throw new ParleyError('CANCELLED', 'the rest is for another');
      },
      { drain: 200 },
    );
    for (const id of ['done', 'half', 'stuck']) await enqueue(id);
    await vi.waitFor(() => expect(runner.running()).toBe(3), SOON);
    await runner.close();
    expect(finished.toSorted()).toEqual(['done', 'half']);
    const taken = await store.lease('q', { holder: 'h2', ttl: 30_000, limit: 9 });
    expect(taken.map(({ id }) => id).toSorted()).toEqual(['half', 'stuck']);
    expect(onError).not.toHaveBeenCalled();
  });

  it('hands work back as soon as the store is there again, though its run failed while that was away', async () => {
    let away = false;
    const commit: Store['commit'] = async (owner, operations) => {
      if (away) throw new ParleyError('UNAVAILABLE', 'the store is away');
      return store.commit(owner, operations);
    };
    let runs = 0;
    start(
      async (lease) => {
        runs += 1;
        away = runs === 1;
        await commit(lease.id, [{ op: 'release', lease }]);
      },
      { store: Object.assign(Object.create(store) as Store, { commit }) },
    );
    await enqueue('a');
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(3), SOON);
    expect(runs).toBe(1);
    away = false;
    await vi.waitFor(async () => {
      expect(runs).toBe(2);
      expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
    }, SOON);
  });

  it('divides the work between two replicas', async () => {
    const ran = new Map<string, string>();
    const run = (holder: string) => async (lease: Lease) => {
      expect(ran.has(lease.id)).toBe(false);
      ran.set(lease.id, holder);
      await finish(lease);
    };
    start(run('h1'), { concurrency: 1 });
    start(run('h2'), { concurrency: 1, holder: 'h2' });
    await Promise.all(Array.from({ length: 40 }, (_, n) => enqueue(`w${n}`)));
    await vi.waitFor(() => expect(ran.size).toBe(40), SOON);
    expect(new Set(ran.values()).size).toBe(2);
    expect(onError).not.toHaveBeenCalled();
  });
});

describe('failureDelays', () => {
  it('doubles up to 30 seconds by id, and starts anew after a success', () => {
    const delays = failureDelays();
    const first = Array.from({ length: 10 }, () => delays.next('a', 'INTERNAL'));
    expect(first).toEqual([250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    expect(delays.next('b', 'INTERNAL')).toBe(250);
    delays.forget('a');
    expect(delays.next('a', 'INTERNAL')).toBe(250);
  });

  it('stays short of 5 seconds while something is away', () => {
    const delays = failureDelays();
    const away = Array.from({ length: 7 }, () => delays.next('a', 'UNAVAILABLE'));
    expect(away).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
  });
});
