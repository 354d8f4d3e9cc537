import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createInfrastructure,
  createRedisCluster,
  createRedisSentinel,
  type Infrastructure,
  type Server,
} from '@parley/local';
import { openStore } from '@parley/platform';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { PROBES, streamDebates } from './stream.ts';
import {
  acceptDebate,
  type CycleResult,
  checkDebates,
  cycleEnded,
  cycleProgress,
  cycleResult,
  debatesEnded,
  type Size,
  type Span,
  startCycle,
  undisturbed,
} from './workload.ts';
import { report, startWorld, type World } from './world.ts';

const long = inject('long');
const SIZE: Size = { train: 90, evaluation: 30, iterations: long ? 3 : 1, debates: 0 };
const ROUNDS = long ? 3 : 1;
/** How long the machine of the killed master stays away. */
const AWAY_MS = 15_000;
/** From the kill of a master, of which others have to make sure, until work goes on. */
const FAILOVER_MS = 20_000;

type Replicated = { redis: Server; master(): Promise<Server> };

const KINDS: readonly { kind: string; create(dir: string): Promise<Replicated> }[] = [
  {
    kind: 'Sentinel',
    async create(dir) {
      const redis = await createRedisSentinel({ dir });
      return { redis, master: () => redis.master() };
    },
  },
  {
    kind: 'Cluster',
    async create(dir) {
      const redis = await createRedisCluster({ dir });
      return { redis, master: () => firstMaster(redis.nodes) };
    },
  },
];

let expected: CycleResult;
beforeAll(async () => {
  expected = await undisturbed(SIZE);
}, 120_000);

describe.each(KINDS)('a Redis $kind whose master is killed under load', ({ kind, create }) => {
  let world: World;
  let replicated: Replicated;
  beforeAll(async () => {
    world = await startWorld({ infrastructure: replicatedInfrastructure });
  }, 120_000);
  afterAll(() => world?.close());

  async function replicatedInfrastructure(dir: string): Promise<Infrastructure> {
    replicated = await create(join(dir, 'replicated'));
    return { ...(await createInfrastructure(dir)), redis: replicated.redis };
  }

  // Replication is asynchronous: a write that was acknowledged just before the kill may be gone. Whoever asked for a
  // debate asks again under its key; the services' own requests come again with their events.
  it('goes on with the replica, and ends all that was accepted as if nothing had happened', async () => {
    const spans: Span[] = [];
    const probes: string[] = [];
    await startCycle(world.call, SIZE);
    const stream = streamDebates(world.call, 0);
    for (let round = 0; round < ROUNDS; round += 1) {
      await delay(2_000);
      const cycle = await cycleProgress(world.call);
      const master = await replicated.master();
      const from = performance.now();
      await master.signal('SIGKILL');
      spans.push({ from, to: performance.now() });
      const probe = await acceptDebate(world.call, PROBES + round);
      probes.push(probe);
      await debatesEnded(world.call, [probe]);
      const ms = Math.round(performance.now() - from);
      report(`${kind}: master killed`, { cycle, 'new debate completed after ms': ms });
      expect(ms).toBeLessThan(FAILOVER_MS);
      await delay(AWAY_MS - ms);
      // Until it has the data of the new master, which is killed next.
      await replicated.redis.start();
    }
    const accepted = await stream.stop();
    const lost = accepted.length - (await standing(accepted));
    for (const number of accepted.keys())
      expect(await acceptDebate(world.call, number)).toBe(accepted[number]);
    await debatesEnded(world.call, [...accepted, ...probes]);
    await cycleEnded(world.call);
    expect(await cycleResult(world.call)).toEqual(expected);
    const checked = await checkDebates(world, [...accepted, ...probes], spans);
    report(`${kind}: after all`, { 'debates lost and asked for again': lost, ...checked });
  });

  /** How many of the debates are in the store. */
  async function standing(ids: readonly string[]): Promise<number> {
    const store = await openStore(replicated.redis.url, { service: 'debate' });
    try {
      const found = await Promise.all(ids.map((id) => store.get(id, 'debate')));
      return found.filter((record) => record !== undefined).length;
    } finally {
      await store.close();
    }
  }
});

/** The first node of a cluster that is a master now. */
async function firstMaster(nodes: readonly Server[]): Promise<Server> {
  for (const node of nodes) {
    const redis = new Redis(node.url, { retryStrategy: () => null });
    try {
      if ((await redis.role())[0] === 'master') return node;
    } finally {
      redis.disconnect();
    }
  }
  throw new Error('no node of the cluster is a master');
}
