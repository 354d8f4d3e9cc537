import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startProxy, type Way } from './proxy.ts';
import {
  acceptDebates,
  type CycleResult,
  checkDebates,
  createSociety,
  cycleEnded,
  cycleProgress,
  cycleResult,
  debatesEnded,
  type Size,
  startCycle,
  undisturbed,
} from './workload.ts';
import { report, startWorld, type World } from './world.ts';

const long = inject('long');
const SIZE: Size = {
  train: 90,
  evaluation: 30,
  iterations: long ? 3 : 1,
  debates: long ? 600 : 120,
};
const DELAY_MS = 20;
/** Past the 15 s that a lease lasts. */
const CUT_MS = long ? 30_000 : 20_000;

describe('a replica of debate whose way to Redis is slow, then cut', () => {
  let expected: CycleResult;
  let world: World;
  let proxy: Way;
  beforeAll(async () => {
    expected = await undisturbed(SIZE);
    world = await startWorld({
      own: async ({ redis }) => {
        const { hostname, port } = new URL(redis.url);
        proxy = await startProxy(hostname, Number(port));
        return { 'debate-1': { PARLEY_STORE: `redis://127.0.0.1:${proxy.port}` } };
      },
    });
  }, 120_000);
  afterAll(async () => {
    await world?.close();
    await proxy?.close();
  });

  it('works on while it is slow; loses its work to the others while it is cut off, and is fenced', async () => {
    await createSociety(world.call);
    proxy.delay(DELAY_MS);
    const slow = performance.now();
    const slowly = await acceptDebates(world.call, SIZE.debates, 8);
    await debatesEnded(world.call, slowly);
    report(`${DELAY_MS} ms added each way`, {
      debates: slowly.length,
      ms: Math.round(performance.now() - slow),
    });

    await startCycle(world.call, SIZE);
    const accepting = acceptDebates(world.call, SIZE.debates, 16, SIZE.debates);
    await delay(1_500);
    const cycle = await cycleProgress(world.call);
    const cut = performance.now();
    proxy.cut();
    await delay(CUT_MS);
    proxy.mend();
    const accepted = [...slowly, ...(await accepting)];
    await debatesEnded(world.call, accepted);
    await cycleEnded(world.call);
    expect(await cycleResult(world.call)).toEqual(expected);
    const checked = await checkDebates(world, accepted, [{ from: cut, to: cut }]);
    const [replica] = world.distributed.replicas.debate;
    const log = await readFile(join(replica?.dir ?? '', 'debate.log'), 'utf8');
    const lost = log.split('\n').filter((line) => line.includes('LEASE_LOST')).length;
    expect(lost).toBeGreaterThan(0);
    report(`cut for ${CUT_MS / 1_000} s`, { cycle, 'leases lost': lost, ...checked });
  });
});
