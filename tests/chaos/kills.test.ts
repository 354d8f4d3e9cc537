import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@parley/platform';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  acceptDebates,
  type CycleResult,
  checkDebates,
  cycleEnded,
  cycleResult,
  debatesEnded,
  type Size,
  type Span,
  startCycle,
  undisturbed,
} from './workload.ts';
import { report, startWorld, TWO_OF_EACH, type World } from './world.ts';

const long = inject('long');
const SIZE: Size = {
  train: 120,
  evaluation: 60,
  iterations: long ? 3 : 1,
  debates: long ? 1500 : 300,
};
/** How long a lease lasts, and a little. */
const PAST_THE_LEASE_MS = 18_000;

describe('two replicas of every service, under load', () => {
  let expected: CycleResult;
  let world: World;
  const spans: Span[] = [];
  beforeAll(async () => {
    expected = await undisturbed(SIZE);
    world = await startWorld({ replicas: TWO_OF_EACH });
  }, 120_000);
  afterAll(() => world?.close());

  it('finish all that was accepted, once, when each of them is killed at a random moment', async () => {
    const random = seededRandom(7);
    await startCycle(world.call, SIZE);
    const accepting = acceptDebates(world.call, SIZE.debates, 8);
    const victims = Object.values(world.distributed.replicas).flat();
    for (let round = 0; round < (long ? 5 : 1); round += 1)
      for (const victim of victims.toSorted(() => random() - 0.5)) {
        await delay(100 + 900 * random());
        const from = performance.now();
        await victim.signal('SIGKILL');
        spans.push({ from, to: performance.now() });
        await delay(500 * random());
        await victim.start();
      }
    const accepted = await accepting;
    await debatesEnded(world.call, accepted);
    await cycleEnded(world.call);
    expect(await cycleResult(world.call)).toEqual(expected);
    const checked = await checkDebates(world, accepted, spans);
    expect(new Set(accepted).size).toBe(SIZE.debates);
    expect(checked.debates).toBeGreaterThan(SIZE.debates);
    report('kill -9', {
      kills: spans.length,
      ...checked,
      datasets: Object.keys(expected.datasets).length,
    });
  });

  it('fence one that slept past its leases', async () => {
    for (const [turn, service] of (['debate', 'dataset', 'finetune'] as const).entries()) {
      const [sleeper] = world.distributed.replicas[service];
      const accepting = acceptDebates(world.call, 60, 8, SIZE.debates + 60 * turn);
      await delay(300);
      const from = performance.now();
      await sleeper?.signal('SIGSTOP');
      await delay(PAST_THE_LEASE_MS);
      await sleeper?.signal('SIGCONT');
      spans.push({ from, to: from });
      const accepted = await accepting;
      await debatesEnded(world.call, accepted);
      if (service === 'debate')
        expect(await readFile(join(sleeper?.dir ?? '', 'debate.log'), 'utf8')).toContain(
          'LEASE_LOST',
        );
      report(`SIGSTOP of ${service}`, { ...(await checkDebates(world, accepted, spans)) });
    }
  });
});
