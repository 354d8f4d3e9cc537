import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '@parley/local';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { PROBES, streamDebates, type Watcher, watchEnds } from './stream.ts';
import {
  acceptDebate,
  type CycleResult,
  checkDebates,
  cycleEnded,
  cycleProgress,
  cycleResult,
  debatesEnded,
  LONG,
  type Size,
  type Span,
  startCycle,
  undisturbed,
} from './workload.ts';
import { report, startWorld, type World } from './world.ts';

const long = inject('long');
const SIZE: Size = { train: 240, evaluation: 60, iterations: long ? 4 : 2, debates: 0 };
const TWO_SCHEDULERS = { debate: 2, dataset: 2, finetune: 2 };
/** How long after the return of a server work may stand still. */
const RESUMED_MS = 5_000;

describe('servers that are killed, stay away and come back, under load', () => {
  let expected: CycleResult;
  let world: World;
  let watcher: Watcher;
  const probes: string[] = [];
  const spans: Span[] = [];
  beforeAll(async () => {
    expected = await undisturbed(SIZE);
    world = await startWorld({ replicas: TWO_SCHEDULERS });
    watcher = await watchEnds(world.infrastructure.kafka.url);
  }, 120_000);
  afterAll(async () => {
    await watcher?.close();
    await world?.close();
  });

  it('cost neither debates, nor turns paid twice, nor more than 5 s after their return', async () => {
    await startCycle(world.call, SIZE);
    const stream = streamDebates(world.call, 0);
    for (let round = 0; round < (long ? 3 : 1); round += 1) {
      await outage('Kafka', world.infrastructure.kafka, 30_000);
      await outage('Redis', world.infrastructure.redis, 30_000);
      await outage('S3', world.infrastructure.s3, long ? 30_000 : 15_000);
    }
    const accepted = [...(await stream.stop()), ...probes];
    await debatesEnded(world.call, accepted);
    await cycleEnded(world.call);
    expect(await cycleResult(world.call)).toEqual(expected);
    const checked = await checkDebates(world, accepted, spans);
    expect(checked.debates).toBeGreaterThan(accepted.length);
    report('outages', { accepted: accepted.length, ...checked });
  });

  /** Kills a server for a while; from its readiness to the end of a debate that is new, and to the first event. */
  async function outage(what: string, server: Server, away: number): Promise<void> {
    await delay(1_000);
    const cycle = await cycleProgress(world.call);
    const from = performance.now();
    await server.signal('SIGKILL');
    spans.push({ from, to: performance.now() });
    await delay(away);
    await server.start();
    const returned = performance.now();
    const id = await acceptDebate(world.call, PROBES + probes.length);
    probes.push(id);
    await debatesEnded(world.call, [id]);
    const completed = performance.now() - returned;
    const event = (await watcher.firstAfter(returned)) - returned;
    const told = (await watcher.endOf(id)) - returned;
    await vi.waitFor(async () => expect(await cycleProgress(world.call)).not.toBe(cycle), LONG);
    const moved = performance.now() - returned;
    report(`${what} away for ${away / 1_000} s`, {
      cycle,
      'new debate completed after ms': Math.round(completed),
      'first event after ms': Math.round(event),
      'event of the new debate after ms': Math.round(told),
      'cycle moved after ms': Math.round(moved),
    });
    expect(completed, `${what}: a new debate is completed`).toBeLessThan(RESUMED_MS);
    expect(event, `${what}: an event is delivered`).toBeLessThan(RESUMED_MS);
  }
});
