import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedisCluster, createRedisSentinel, type Server } from '@parley/local';
import { openStore, type Store } from '@parley/platform';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const SOON = { timeout: 30_000, interval: 50 };
const OWNERS = Array.from({ length: 32 }, (_, n) => `owner-${n}`);

describe('the store over a failover', () => {
  let folder = '';
  let server: Server | undefined;
  let store: Store | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-failover-'));
  });
  afterEach(async () => {
    await store?.close();
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  async function open(group: Server): Promise<Store> {
    server = group;
    await group.start();
    store = await openStore(group.url, { service: 'tests' });
    return store;
  }

  const put = (to: Store, owner: string, value: unknown) =>
    to.commit(owner, [{ op: 'put', name: 'state', value }]);

  /** Waits until every replica of a node has all that was written to it. */
  async function replicated(node: Server): Promise<void> {
    const redis = new Redis(node.url);
    await redis.set('replicated', '1').catch(() => {});
    expect(await redis.wait(1, 5_000)).toBeGreaterThanOrEqual(1);
    redis.disconnect();
  }

  it('finds the new master that sentinels name', async () => {
    const group = await createRedisSentinel({ dir: folder });
    const on = await open(group);
    for (const owner of OWNERS) await put(on, owner, 1);
    const master = await group.master();
    await replicated(master);
    await master.signal('SIGKILL');
    await vi.waitFor(() => put(on, 'owner-0', 2), SOON);
    for (const owner of OWNERS.slice(1))
      expect(await on.get(owner, 'state')).toEqual({ value: 1, version: 1 });
    expect((await group.master()).url).not.toBe(master.url);
  }, 120_000);

  it('lets requests wait while a cluster replaces a master, and does none twice', async () => {
    const group = await createRedisCluster({ dir: folder });
    const on = await open(group);
    await Promise.all(OWNERS.map((owner) => put(on, owner, 1)));
    const master = await firstMaster(group.nodes);
    await replicated(master);
    const writing = new AbortController();
    const unknown: unknown[] = [];
    const writers = OWNERS.map(async (owner) => {
      for (let n = 0; !writing.signal.aborted; n += 1)
        await on
          .commit(owner, [{ op: 'append', stream: 'log', value: n }])
          .catch((thrown: unknown) => unknown.push(thrown));
    });
    await vi.waitFor(async () => {
      const found = await on.read('owner-0', 'log', { after: 20, limit: 1 });
      expect(found).toHaveLength(1);
    }, SOON);
    await master.signal('SIGKILL');
    const reads = await Promise.all(OWNERS.map((owner) => on.get(owner, 'state')));
    expect(reads).toEqual(OWNERS.map(() => ({ value: 1, version: 1 })));
    for (const owner of OWNERS) await put(on, owner, 2);
    writing.abort();
    await Promise.all(writers);
    for (const thrown of unknown)
      expect(thrown).toMatchObject({
        reason: 'UNAVAILABLE',
        message: expect.stringMatching(/outcome is unknown/),
      });
    for (const owner of OWNERS) {
      const entries = await on.read<number>(owner, 'log', { after: 0, limit: 1_000_000 });
      const values = entries.map(({ value }) => value);
      expect(values).toEqual([...new Set(values)].toSorted((a, b) => a - b));
    }
  }, 120_000);

  async function firstMaster(nodes: readonly Server[]): Promise<Server> {
    for (const node of nodes) {
      const redis = new Redis(node.url);
      const role = (await redis.role()) as unknown[];
      redis.disconnect();
      if (role[0] === 'master') return node;
    }
    throw new Error('the cluster has no master');
  }
});
