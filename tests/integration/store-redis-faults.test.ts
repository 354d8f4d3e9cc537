import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createRedis, type Server } from '@parley/local';
import { type Lease, openStore, type Store } from '@parley/platform';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const SOON = { timeout: 15_000, interval: 20 };
const unavailable = { reason: 'UNAVAILABLE', retryable: true };

describe('the store on a Redis in trouble', () => {
  let folder = '';
  let server: Server;
  let admin: Redis;
  let store: Store;
  let opened: Store[] = [];

  async function open(): Promise<Store> {
    const another = await openStore(server.url, { service: 'tests' });
    opened.push(another);
    return another;
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-redis-'));
    server = await createRedis({ dir: folder });
    await server.start();
    admin = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    admin.on('error', () => {});
    opened = [];
    store = await open();
    await store.ping();
  });
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()));
    admin.disconnect();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const put = (owner: string, value: unknown) =>
    store.commit(owner, [{ op: 'put', name: 'state', value }]);

  it('goes on after its scripts were flushed', async () => {
    await put('a', 1);
    await admin.script('FLUSH');
    await put('a', 2);
    expect(await store.get('a', 'state')).toEqual({ value: 2, version: 2 });
    await admin.script('FLUSH');
    expect(await store.lease('q', { holder: 'h', ttl: 1_000, limit: 1 })).toEqual([]);
  });

  it('keeps what was acknowledged, and says of what was under way that nobody knows', async () => {
    const acknowledged: number[] = [];
    let stopped = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; !stopped; n += 1) {
        await store.commit(`w${writer}`, [{ op: 'append', stream: 'log', value: n }]);
        acknowledged[writer] = n + 1;
      }
    });
    await vi.waitFor(() => {
      expect(acknowledged.length).toBe(8);
      expect(Math.min(...acknowledged)).toBeGreaterThan(20);
    }, SOON);
    await server.signal('SIGSTOP');
    const underWay = put('a', 'maybe');
    const reading = store.get('b', 'state');
    const outcomes = Promise.allSettled([underWay, ...writers]);
    await server.signal('SIGKILL');
    stopped = true;
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { ...unavailable, message: expect.stringMatching(/outcome is unknown/) },
      });
    const waiting = put('a', 'waited');
    await server.start();
    await waiting;
    expect(await reading).toBeUndefined();
    expect((await store.get('a', 'state'))?.value).toBe('waited');
    for (const [writer, count] of acknowledged.entries()) {
      const entries = await store.read(`w${writer}`, 'log', { after: 0, limit: 1_000_000 });
      expect(entries.length).toBeGreaterThanOrEqual(count);
      expect(entries.map(({ value }) => value)).toEqual(entries.map((_, n) => n));
    }
  });

  it('wakes those that wait and listen when it is back', async () => {
    const other = await open();
    const listener = vi.fn();
    store.onWork('q', listener);
    const reader = store.read('a', 'log', { after: 0, limit: 1, wait: 60_000 });
    await other.commit('b', [{ op: 'enqueue', queue: 'q', id: 'b' }]);
    await vi.waitFor(async () => {
      await other.commit('b', [{ op: 'enqueue', queue: 'q', id: 'b' }]);
      expect(listener).toHaveBeenCalled();
    }, SOON);
    await server.signal('SIGKILL');
    listener.mockClear();
    await server.start();
    await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(1), SOON);
    await other.commit('a', [{ op: 'append', stream: 'log', value: 'x' }]);
    expect(await reader).toEqual([{ sequence: 1, value: 'x' }]);
  });

  it('leaves work to its holders over an outage that is longer than their leases', async () => {
    const other = await open();
    await other.ping();
    await store.commit('a', [{ op: 'enqueue', queue: 'q', id: 'a' }]);
    const [lease] = await store.lease('q', { holder: 'one', ttl: 300, limit: 1 });
    await server.signal('SIGKILL');
    const greedy = other.lease('q', { holder: 'two', ttl: 300, limit: 1 });
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan((lease?.expiresAt ?? 0) + 300), SOON);
    await server.start();
    expect(await greedy).toEqual([]);
    await store.commit('a', [{ op: 'guard', lease: lease as Lease }]);
    expect(await store.extend([lease as Lease], 300)).toEqual([]);
    const free = { op: 'enqueue', queue: 'q', id: 'b' } as const;
    await store.commit('b', [free]);
    const [fresh] = await other.lease('q', { holder: 'two', ttl: 60_000, limit: 9 });
    expect(fresh?.id).toBe('b');
    await vi.waitFor(async () => {
      const leases = await other.lease('q', { holder: 'two', ttl: 300, limit: 1 });
      expect(leases.map(({ id }) => id)).toEqual(['a']);
    }, SOON);
    await expect(store.commit('a', [{ op: 'guard', lease: lease as Lease }])).rejects.toMatchObject(
      { reason: 'LEASE_LOST' },
    );
  }, 30_000);

  it('refuses the whole commit when the memory is full', async () => {
    await put('a', 'before');
    await admin.config('SET', 'maxmemory', '1');
    const text = 'x'.repeat(1_000);
    const full = { reason: 'OVERLOADED', message: expect.stringMatching(/maxmemory/) };
    const commit = store.commit('a', [
      { op: 'put', name: 'state', value: text, expect: 1 },
      { op: 'append', stream: 'log', value: text },
      { op: 'delete', name: 'other' },
      { op: 'enqueue', queue: 'q', id: 'a' },
      { op: 'index', index: 'all', member: 'a', rank: 1 },
    ]);
    await expect(commit).rejects.toMatchObject(full);
    expect(await store.get('a', 'state')).toEqual({ value: 'before', version: 1 });
    expect(await store.read('a', 'log', { after: 0, limit: 1 })).toEqual([]);
    expect(await store.depth('q')).toEqual({ queued: 0, leased: 0 });
    expect(await store.range('all', { limit: 1 })).toEqual({ members: [] });
    // What frees memory is done, and with it all that belongs to the same commit.
    await store.commit('a', [
      { op: 'delete', name: 'state' },
      { op: 'append', stream: 'log', value: 'deleted' },
    ]);
    expect(await store.get('a', 'state')).toBeUndefined();
    expect(await store.read('a', 'log', { after: 0, limit: 1 })).toHaveLength(1);
    await admin.config('SET', 'maxmemory', '0');
    await put('a', 'after');
  });

  it('refuses to write to a replica, and goes on when it is the master again', async () => {
    await put('a', 1);
    await admin.replicaof('127.0.0.1', '1');
    await expect(put('a', 2)).rejects.toMatchObject(unavailable);
    await admin.replicaof('NO', 'ONE');
    await vi.waitFor(() => put('a', 3), SOON);
    expect(await store.get('a', 'state')).toEqual({ value: 3, version: 2 });
  });

  it('tells that the password is refused without telling the password', async () => {
    await admin.config('SET', 'requirepass', 'right');
    const url = server.url.replace('redis://', 'redis://:s3cret@');
    const stranger = await openStore(url, { service: 'tests' });
    opened.push(stranger);
    const thrown: unknown = await stranger.ping().catch((error: unknown) => error);
    expect(thrown).toMatchObject({ ...unavailable, message: expect.stringMatching(/WRONGPASS/) });
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain('s3cret');
  });

  it('bounds what waits for a connection, in time and in number', async () => {
    await server.signal('SIGKILL');
    await expect(store.ping()).rejects.toMatchObject(unavailable);
    const before = performance.now();
    const waiting = Array.from({ length: 10_000 }, () => store.get('a', 'state'));
    const refused = expect(Promise.all(waiting)).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringMatching(/cannot be reached/),
    });
    await expect(store.get('a', 'state')).rejects.toMatchObject(unavailable);
    expect(performance.now() - before).toBeLessThan(5_000);
    await refused;
    expect(performance.now() - before).toBeGreaterThan(9_000);
    await Promise.allSettled(waiting);
  }, 30_000);

  it('closes while Redis is away, ending waits and refusing what waited', async () => {
    const reader = store.read('a', 'log', { after: 0, limit: 1, wait: 60_000 });
    await store.ping();
    await server.signal('SIGKILL');
    const waiting = store.get('a', 'state');
    const refused = expect(waiting).rejects.toMatchObject(unavailable);
    await store.close();
    await refused;
    expect(await reader).toEqual([]);
    await expect(put('a', 1)).rejects.toMatchObject(unavailable);
  });
});
