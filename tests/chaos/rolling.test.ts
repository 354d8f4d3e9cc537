import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  acceptDebates,
  type CycleResult,
  checkDebates,
  cycleEnded,
  cycleResult,
  debatesEnded,
  type Size,
  startCycle,
  undisturbed,
} from './workload.ts';
import { report, startWorld, TWO_OF_EACH, type World } from './world.ts';

const long = inject('long');
/** Calls take longer than a second, so that many are under way whenever a replica is asked to stop. */
const SIZE: Size = { train: 60, evaluation: 40, iterations: 1, debates: long ? 1000 : 200 };
/** A drained replica hands its work back: what it held must not wait until a lease runs out. */
const LONGEST_STOP_MS = 12_000;

describe('two replicas of every service, restarted one after the other', () => {
  let expected: CycleResult;
  let world: World;
  beforeAll(async () => {
    expected = await undisturbed(SIZE);
    world = await startWorld({ replicas: TWO_OF_EACH, engineMs: 1_500 });
  }, 120_000);
  afterAll(() => world?.close());

  it('lose nothing and pay for nothing twice', async () => {
    await startCycle(world.call, SIZE);
    const accepting = acceptDebates(world.call, SIZE.debates, 8);
    let longest = 0;
    let restarts = 0;
    for (let round = 0; round < (long ? 3 : 1); round += 1)
      for (const replica of Object.values(world.distributed.replicas).flat()) {
        const from = performance.now();
        await replica.stop();
        longest = Math.max(longest, performance.now() - from);
        await replica.start();
        restarts += 1;
      }
    const accepted = await accepting;
    await debatesEnded(world.call, accepted);
    await cycleEnded(world.call);
    expect(await cycleResult(world.call)).toEqual(expected);
    const checked = await checkDebates(world, accepted, []);
    report('rolling restart', { restarts, ...checked, longestStopMs: Math.round(longest) });
    expect(checked.paidTwice).toBe(0);
    expect(longest).toBeLessThan(LONGEST_STOP_MS);
  });
});
