import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Events, emit, openEvents, openStore, type Store, TOPICS } from '@parley/platform';
import { DebatesRequestedSchema } from '@parley/proto/debate';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { parleyEvents } from './operator.ts';
import {
  acceptDebate,
  type CycleResult,
  cycleEnded,
  cycleProgress,
  cycleResult,
  debatesEnded,
  endedOnce,
  LONG,
  REVISION,
  type Size,
  SOCIETY,
  startCycle,
  undisturbed,
} from './workload.ts';
import { report, startWorld, type World } from './world.ts';

const long = inject('long');
const SIZE: Size = { train: 90, evaluation: 30, iterations: long ? 2 : 1, debates: 0 };
const ROUNDS = long ? 3 : 1;
/** Batches that are asked for before, and after, what is kept of the store. */
const BATCHES = 6;
/** Interactive debates that are asked for by REST, before and after. */
const DEBATES = 20;
/** How much earlier than the loss the groups begin to read again. */
const MARGIN_MS = 5_000;
const GROUPS = [
  { topic: TOPICS.debatesRequested, group: 'debate' },
  { topic: TOPICS.debatesEnded, group: 'dataset' },
] as const;

describe('a Redis that lost the last writes that it had acknowledged', () => {
  let expected: CycleResult;
  let world: World;
  let events: Events;
  const batches: string[] = [];
  const debates: string[] = [];
  beforeAll(async () => {
    expected = await undisturbed(SIZE);
    world = await startWorld();
    events = await openEvents(world.infrastructure.kafka.url);
  }, 120_000);
  afterAll(async () => {
    await events?.close();
    await world?.close();
  });

  it('has them again once the groups were rewound to before the loss and clients repeated their requests', async () => {
    await startCycle(world.call, SIZE);
    for (let round = 0; round < ROUNDS; round += 1) await loseAndRecover();
    await cycleEnded(world.call);
    expect(await cycleResult(world.call)).toEqual(expected);
    for (const id of batches)
      await vi.waitFor(async () => {
        const { filled, ended } = await world.call('GET', `/v1/collections/${id}`);
        expect({ id, filled, ended }).toEqual({
          id,
          filled: true,
          ended: { completed: SIZE.evaluation },
        });
      }, LONG);
    await debatesEnded(world.call, debates);
    report('after all', { ...(await endedOnce(world, debates)) });
  });

  async function loseAndRecover(): Promise<void> {
    const { redis } = world.infrastructure;
    const [first, second] = [names(), names()];
    for (const id of [...first, ...second]) await openCollection(id);
    await request(first);
    await acceptSome();
    await delay(1_000);

    const cycle = await cycleProgress(world.call);
    const since = new Date(Date.now() - MARGIN_MS).toISOString();
    const [live, kept] = [join(redis.dir, 'appendonlydir'), join(world.dir, 'kept')];
    await cp(live, kept, { recursive: true });
    const before = await collections();
    await request(second);
    await acceptSome();
    await vi.waitFor(async () => {
      for (const { topic, group } of GROUPS) expect(await events.lag(topic, group)).toBeLessThan(5);
    }, LONG);
    await vi.waitFor(async () => expect(await standing(second, 'batch')).toBe(BATCHES), LONG);

    await cycleMoved(before);
    await redis.signal('SIGKILL');
    const services = Object.values(world.distributed.replicas).flat();
    await Promise.all(services.map((service) => service.signal('SIGKILL')));
    await rm(live, { recursive: true });
    await cp(kept, live, { recursive: true });
    await rm(kept, { recursive: true });
    await redis.start();
    const lost = {
      batches: batches.length - (await standing(batches, 'batch')),
      debates: debates.length - (await standing(debates, 'debate')),
    };
    expect(lost.batches).toBeGreaterThan(0);
    expect(lost.debates).toBeGreaterThan(0);
    for (const { topic, group } of GROUPS) await rewind(topic, group, since);
    await world.distributed.start();

    await vi.waitFor(async () => {
      expect(await standing(batches, 'batch')).toBe(batches.length);
    }, LONG);
    const recovered = await standing(debates, 'debate');
    for (const number of debates.keys())
      expect(await acceptDebate(world.call, number)).toBe(debates[number]);
    report('lost', {
      cycle,
      'batches lost': lost.batches,
      'batches recovered by rewinding': lost.batches,
      'interactive debates lost': lost.debates,
      'interactive debates that clients asked for again': debates.length - recovered,
    });
  }

  /** Rewinds a group once the members that were killed have left it. */
  async function rewind(topic: string, group: string, since: string): Promise<void> {
    const options = ['--topic', topic, '--group', group, '--since', since];
    await vi.waitFor(() => parleyEvents(world.infrastructure.kafka.url, 'rewind', ...options), {
      ...LONG,
      interval: 1_000,
    });
  }

  /** Waits until the cycle, while it runs, has opened another collection than those before. */
  async function cycleMoved(before: ReadonlySet<string>): Promise<void> {
    await vi.waitFor(async () => {
      const opened = await collections();
      if ((await cycleProgress(world.call)).startsWith('running'))
        expect(opened.difference(before).size, 'collections opened since').toBeGreaterThan(0);
    }, LONG);
  }

  async function collections(): Promise<Set<string>> {
    const page = await world.call('GET', '/v1/collections?limit=1000');
    return new Set(page.collections.map(({ id }: { id: string }) => id));
  }

  function names(): string[] {
    const ids = Array.from({ length: BATCHES }, (_, n) => `batch-${batches.length + n}`);
    batches.push(...ids);
    return ids;
  }

  async function openCollection(id: string): Promise<void> {
    await world.call('POST', '/v1/collections', {
      id,
      purpose: 'evaluation',
      problemSet: 'arithmetic',
      split: 'evaluation',
      society: SOCIETY,
      revision: REVISION,
      agents: 3,
    });
  }

  /** Asks for the debates of batches as any producer does, by events. */
  async function request(ids: string[]): Promise<void> {
    const { splits } = await world.call('GET', '/v1/problem-sets/arithmetic');
    const requests = ids.map((id, n) =>
      emit(
        DebatesRequestedSchema,
        {
          batch: id,
          collection: id,
          template: {
            society: SOCIETY,
            revision: REVISION,
            task: 'arithmetic',
            priority: 'batch',
            batch: id,
            collection: id,
          },
          problemsUri: splits.evaluation.uri,
          problemsSha256: splits.evaluation.sha256,
          seed: BigInt(n),
        },
        { topic: TOPICS.debatesRequested, key: id, source: 'tests', id },
      ),
    );
    await events.publish(requests.map(({ event }) => event));
  }

  async function acceptSome(): Promise<void> {
    for (let n = 0; n < DEBATES; n += 1)
      debates.push(await acceptDebate(world.call, debates.length));
  }

  /** How many of the debates or batches are in the store. */
  async function standing(ids: readonly string[], name: 'batch' | 'debate'): Promise<number> {
    const store: Store = await openStore(world.infrastructure.redis.url, { service: 'debate' });
    try {
      const found = await Promise.all(ids.map((id) => store.get(id, name)));
      return found.filter((record) => record !== undefined).length;
    } finally {
      await store.close();
    }
  }
});
