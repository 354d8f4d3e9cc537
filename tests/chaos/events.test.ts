import { type EventRecord, type Events, openEvents, TOPICS } from '@parley/platform';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { parleyEvents } from './operator.ts';
import {
  acceptDebates,
  type Call,
  type CycleResult,
  checkDebates,
  cycleEnded,
  cycleResult,
  debatesEnded,
  LONG,
  type Size,
  startCycle,
  undisturbed,
} from './workload.ts';
import { report, startWorld, type World } from './world.ts';

const long = inject('long');
const SIZE: Size = {
  train: 60,
  evaluation: 30,
  iterations: long ? 2 : 1,
  debates: long ? 500 : 60,
};
const { debatesRequested, debatesEnded: ended } = TOPICS;
/** Who reads what in the services. */
const READERS = [
  { topic: debatesRequested, group: 'debate', type: 'parley.debate.v1.DebatesRequested' },
  { topic: ended, group: 'dataset', type: 'parley.debate.v1.DebateEnded' },
];
/** The keys of the cycle's own events, so that poison lies before them in the same partitions. */
const KEYS = ['cycle.i0.train', 'cycle.i0.evaluation'];

describe('events that are wrong, or come again', () => {
  let expected: CycleResult;
  let world: World;
  let events: Events;
  let accepted: string[];
  beforeAll(async () => {
    expected = await undisturbed(SIZE);
    world = await startWorld();
    events = await openEvents(world.infrastructure.kafka.url);
  }, 120_000);
  afterAll(async () => {
    await events?.close();
    await world?.close();
  });

  it('become dead letters with a reason when nobody can read them, and what is behind them goes on', async () => {
    const { kafka } = world.infrastructure;
    let poison = 0;
    for (const { topic, type } of READERS) {
      const messages = KEYS.flatMap((key) => poisonOf(key, type));
      await sendRaw(kafka.url, topic, messages);
      poison += messages.length;
    }
    await startCycle(world.call, SIZE);
    accepted = await acceptDebates(world.call, SIZE.debates, 8);
    await debatesEnded(world.call, accepted);
    await cycleEnded(world.call);
    expect(await cycleResult(world.call)).toEqual(expected);
    for (const { topic, group } of READERS) {
      const lines = await parleyEvents(kafka.url, 'dead-letters', 'list', '--topic', topic);
      const letters = lines.map((line) => JSON.parse(line));
      expect(letters.map(({ reason }) => reason)).toEqual(Array(8).fill('DATA_CORRUPT'));
      expect(letters.map((letter) => letter.group)).toEqual(Array(8).fill(group));
      for (const key of KEYS) {
        const errors = letters.filter((letter) => letter.key === key).map(({ error }) => error);
        expect(errors.toSorted()).toEqual([
          expect.stringContaining('is a parley.dataset.v1.CollectionFilled, not a'),
          expect.stringContaining('is no readable'),
          expect.stringContaining('has no header ce_'),
          expect.stringContaining('has no value'),
        ]);
      }
    }
    report('poison', { events: poison, ...(await checkDebates(world, accepted, [])) });
  });

  it('change nothing when they come again, twice and in reversed order', async () => {
    const before = await standing(world);
    const copies: EventRecord[] = [];
    for (const { topic } of READERS) copies.push(...(await allOf(events, topic)));
    const again = copies.toReversed();
    await events.publish(again);
    await events.publish(again);
    for (const { topic, group } of READERS)
      await vi.waitFor(async () => expect(await events.lag(topic, group)).toBe(0), LONG);
    expect(await standing(world)).toEqual(before);
    expect(await cycleResult(world.call)).toEqual(expected);
    const checked = await checkDebates(world, accepted, []);
    expect(checked.repeatedEvents).toBeGreaterThanOrEqual(2 * checked.debates);
    report('duplicates', { published: 2 * again.length, ...checked });
  });
});

/** Four messages that are no events of a topic. */
function poisonOf(key: string, type: string): Message[] {
  const headers = {
    ce_specversion: '1.0',
    ce_id: `poison-${key}`,
    ce_type: type,
    ce_source: 'tests',
    ce_time: new Date().toISOString(),
  };
  return [
    { key, headers, value: Buffer.from([0xff, 0x00, 0xde, 0xad, 0xbe, 0xef]) },
    { key, headers: { ...headers, ce_type: 'parley.dataset.v1.CollectionFilled' }, value: key },
    { key, value: 'an event without headers' },
    { key, headers, value: null },
  ];
}

async function sendRaw(url: string, topic: string, messages: Message[]): Promise<void> {
  const kafka = new Kafka({
    brokers: [url.replace('kafka://', '')],
    logLevel: logLevel.NOTHING,
  });
  const producer = kafka.producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages });
  } finally {
    await producer.disconnect();
  }
}

/** All events of a topic that can be read, in the order of each key. */
async function allOf(events: Events, topic: string): Promise<EventRecord[]> {
  const group = `copy-${process.pid}`;
  const found: EventRecord[] = [];
  const subscription = await events.subscribe({
    topic,
    group,
    async handle({ attempt: _, ...event }) {
      found.push(event);
    },
  });
  await vi.waitFor(async () => {
    expect(found.length).toBeGreaterThan(0);
    expect(await events.lag(topic, group)).toBe(0);
  }, LONG);
  await subscription.close();
  return found;
}

/** All that stands in the services, and what was paid for. */
async function standing({ call, engine }: World): Promise<unknown> {
  return {
    collections: await listed(call, 'collections'),
    datasets: await listed(call, 'datasets'),
    batches: await listed(call, 'batches'),
    debates: await listed(call, 'debates'),
    cycles: await listed(call, 'cycles'),
    paid: engine.sequences(),
  };
}

async function listed(call: Call, what: string): Promise<unknown[]> {
  const items: unknown[] = [];
  for (let query = 'limit=100'; ; ) {
    const page = await call('GET', `/v1/${what}?${query}`);
    items.push(...page[what]);
    if (page.next === undefined) return items;
    query = `limit=100&cursor=${encodeURIComponent(page.next)}`;
  }
}
