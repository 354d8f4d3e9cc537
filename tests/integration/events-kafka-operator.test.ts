import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  type DeliveredEvent,
  type Events,
  openEvents,
  ParleyError,
  TOPICS,
} from '@parley/platform';
import kafkajs, { type Admin, Kafka, logLevel } from 'kafkajs';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  vi,
} from 'vitest';

const SOON = { timeout: 20_000, interval: 20 };
const CLI = join(import.meta.dirname, '../../services/platform/src/events/cli.ts');

let kafka: Kafka;
let admin: Admin;
let topic = '';
let opened: Events[] = [];
beforeAll(async () => {
  const brokers = [inject('servers').kafka.replace('kafka://', '')];
  kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  await admin.connect();
});
afterAll(() => admin.disconnect());
beforeEach(() => {
  topic = `parley.tests.${randomUUID()}`;
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((events) => events.close()));
});

async function open(onWarning?: (message: string) => void): Promise<Events> {
  const events = await openEvents(
    inject('servers').kafka,
    onWarning === undefined ? {} : { onWarning },
  );
  opened.push(events);
  return events;
}

function event(number: number) {
  return {
    id: `e${number}`,
    topic,
    key: 'a',
    type: 'parley.tests.v1.Done',
    source: 'tests',
    time: '2026-01-01T00:00:00.000Z',
    data: new Uint8Array([number]),
  };
}

/** Subscribes as group `g`, trying once. */
async function collect(
  events: Events,
  handle: (event: DeliveredEvent) => void = () => {},
  from = topic,
): Promise<{ seen: DeliveredEvent[]; close(): Promise<void> }> {
  const seen: DeliveredEvent[] = [];
  const subscription = await events.subscribe({
    topic: from,
    group: 'g',
    attempts: 1,
    handle: async (delivered) => {
      seen.push(delivered);
      handle(delivered);
    },
  });
  return { seen, close: () => subscription.close() };
}

type Ended = { code: number; lines: string[]; error: string };

function cli(...args: string[]): Promise<Ended> {
  const env = { PATH: '', PARLEY_EVENTS: inject('servers').kafka };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        lines: stdout.split('\n').filter((line) => line !== ''),
        error: stderr,
      }),
    );
  });
}

describe('topics in Kafka', () => {
  async function settings(name: string): Promise<Record<string, string | undefined>> {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }],
    });
    const entries = resources[0]?.configEntries ?? [];
    return Object.fromEntries(entries.map((entry) => [entry.configName, entry.configValue]));
  }

  it.each([
    [TOPICS.debatesEnded, 12, 14],
    [TOPICS.societiesChanged, 1, 3],
  ])('makes %s with %i partitions for %i days', async (name, partitions, days) => {
    const events = await open();
    await (await events.subscribe({ topic: name, handle: async () => {} })).close();
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    expect(topics[0]?.partitions).toHaveLength(partitions);
    expect(await settings(name)).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': String(days * 24 * 3_600_000),
    });
  });

  it('refuses a topic with another cleanup policy, naming both', async () => {
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
    await admin.createTopics({ topics: [{ topic, configEntries }] });
    const events = await open();
    await expect(events.publish([event(1)])).rejects.toMatchObject({
      reason: 'FAILED_PRECONDITION',
      message: `topic ${topic} has cleanup.policy=compact, which may lose events; it must be delete`,
    });
  });

  it('warns once of too few partitions, and works', async () => {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const warnings: string[] = [];
    const events = await open((warning) => warnings.push(warning));
    const { seen } = await collect(events);
    await events.publish([event(1)]);
    await vi.waitFor(() => expect(seen).toHaveLength(1), SOON);
    expect(warnings).toEqual([expect.stringContaining('has 1 of 3 partitions')]);
  });
});

it('puts messages that are no events among the dead letters, and goes on', async () => {
  const events = await open();
  const { seen } = await collect(events);
  const letters = await collect(events, undefined, `${topic}.dlq`);
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({
    topic,
    messages: [
      { key: 'a', value: 'no headers' },
      { key: 'a', value: null, headers: { ce_id: 'x' } },
      { value: 'no key', headers: { ce_id: 'y', ce_type: 't', ce_source: 's' } },
    ],
  });
  await producer.disconnect();
  await events.publish([event(1)]);
  await vi.waitFor(() => expect(letters.seen).toHaveLength(3), SOON);
  await vi.waitFor(() => expect(seen).toHaveLength(1), SOON);
  const errors = letters.seen.map(({ error }) => error?.replace(/at \S+ /, ''));
  expect(errors.toSorted()).toEqual([
    'DATA_CORRUPT: the message has no header ce_id',
    'DATA_CORRUPT: the message has no header ce_time',
    'DATA_CORRUPT: the message has no value',
  ]);
});

it('takes one call of more than a broker takes at once', async () => {
  const events = await open();
  const { seen } = await collect(events);
  const large = Array.from({ length: 12 }, (_, n) => ({
    ...event(n),
    data: new Uint8Array(250 * 1024).fill(n),
  }));
  await events.publish(large);
  await vi.waitFor(() => expect(seen).toHaveLength(12), SOON);
  expect(seen.map(({ id }) => id)).toEqual(large.map(({ id }) => id));
});

describe('parley-events', () => {
  it('lists dead letters and replays each once', async () => {
    const events = await open();
    let broken = true;
    const { seen } = await collect(events, ({ id }) => {
      if (broken && id !== 'e0') throw new ParleyError('UNAVAILABLE', `no ${id} today`);
    });
    const letters = await collect(events, undefined, `${topic}.dlq`);
    await events.publish([0, 1, 2, 3, 4].map(event));
    await vi.waitFor(() => expect(letters.seen).toHaveLength(4), SOON);
    broken = false;

    const list = async (...more: string[]) => {
      const { code, lines, error } = await cli('dead-letters', 'list', '--topic', topic, ...more);
      expect(error).toBe('');
      expect(code).toBe(0);
      return lines.map((line) => JSON.parse(line) as { id: string });
    };
    const replay = (...which: string[]) =>
      cli('dead-letters', 'replay', '--topic', topic, ...which);
    const all = await list();
    expect(all.map(({ id }) => id)).toEqual(['e1', 'e2', 'e3', 'e4']);
    expect(all[0]).toEqual({
      id: 'e1',
      key: 'a',
      type: 'parley.tests.v1.Done',
      time: '2026-01-01T00:00:00.000Z',
      reason: 'UNAVAILABLE',
      error: 'UNAVAILABLE: no e1 today',
      attempts: 1,
      group: 'g',
      partition: 0,
      offset: '0',
    });
    expect(await list('--limit', '2')).toHaveLength(2);
    expect(await replay('--id', 'e3')).toMatchObject({ code: 0, lines: ['replayed 1'] });
    await vi.waitFor(() => expect(seen).toHaveLength(6), SOON);
    expect(seen.at(-1)).toMatchObject({ id: 'e3', data: new Uint8Array([3]) });
    expect((await list()).map(({ id }) => id)).toEqual(['e1', 'e2', 'e4']);
    expect(await replay('--id', 'e3')).toMatchObject({
      code: 2,
      error: expect.stringContaining(`no dead letter of ${topic} has the id 'e3'`),
    });
    expect(await replay('--all')).toMatchObject({ code: 0, lines: ['replayed 3'] });
    await vi.waitFor(() => expect(seen).toHaveLength(9), SOON);
    expect(await list()).toEqual([]);
    expect(await replay('--all')).toMatchObject({ code: 0, lines: ['replayed 0'] });
  });

  it('rewinds a group without members to a time', async () => {
    const events = await open();
    const first = await collect(events);
    await events.publish([1, 2].map(event));
    await vi.waitFor(() => expect(first.seen).toHaveLength(2), SOON);
    const since = new Date();
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(since.getTime()));
    await events.publish([3, 4].map(event));
    await vi.waitFor(async () => expect(await events.lag(topic, 'g')).toBe(0), SOON);
    const args = ['rewind', '--topic', topic, '--group', 'g', '--since', since.toISOString()];
    expect(await cli(...args)).toMatchObject({
      code: 1,
      error: expect.stringContaining('has 1 member reading'),
    });
    await first.close();
    expect(await cli(...args)).toMatchObject({ code: 0 });
    expect(await cli('lag', '--topic', topic, '--group', 'g')).toMatchObject({ lines: ['2'] });
    const again = await collect(events);
    await vi.waitFor(() => expect(again.seen).toHaveLength(2), SOON);
    expect(again.seen.map(({ id }) => id)).toEqual(['e3', 'e4']);
  });

  it('refuses what is not there with status 2', async () => {
    const events = await open();
    const missing = await cli('dead-letters', 'list', '--topic', 'no.such');
    expect(missing).toMatchObject({ code: 2, error: "there is no topic 'no.such'\n" });
    const wrong = await cli('lag', '--topic', topic, '--verbose');
    expect(wrong).toMatchObject({ code: 2, error: expect.stringContaining('--verbose') });
    await events.publish([event(1)]);
    const since = '2026-01-01T00:00:00Z';
    const stranger = await cli('rewind', '--topic', topic, '--group', 'h', '--since', since);
    expect(stranger).toMatchObject({
      code: 2,
      error: expect.stringContaining("group 'h' has never"),
    });
    expect(await cli('dead-letters', 'list', '--topic', topic)).toMatchObject({
      code: 0,
      lines: [],
    });
  });
});
