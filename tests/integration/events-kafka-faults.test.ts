import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createKafka, type Server } from '@parley/local';
import { type DeliveredEvent, type Events, openEvents, ParleyError } from '@parley/platform';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const SOON = { timeout: 20_000, interval: 20 };

describe('the event log on a Kafka in trouble', { timeout: 60_000 }, () => {
  let folder = '';
  let server: Server;
  let admin: Admin;
  let topic = '';
  let opened: Events[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-kafka-'));
    server = await createKafka({ dir: folder });
    await server.start();
    const brokers = [server.url.replace('kafka://', '')];
    admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin.disconnect();
    await server.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    topic = `parley.tests.${randomUUID()}`;
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((events) => events.close()));
    await server.start();
  });

  async function open(): Promise<Events> {
    const events = await openEvents(server.url);
    opened.push(events);
    return events;
  }
  function event(key: string, number: number) {
    return {
      id: `${key}-${number}`,
      topic,
      key,
      type: 'parley.tests.v1.Done',
      source: 'tests',
      time: '2026-01-01T00:00:00.000Z',
      data: new Uint8Array([number]),
    };
  }
  async function members(group: string): Promise<string[]> {
    const { groups } = await admin.describeGroups([`${group}.${topic}`]);
    return groups.flatMap((one) => one.members.map(({ memberId }) => memberId));
  }
  /** The ids by their first delivery. */
  const firsts = (events: DeliveredEvent[]) => [...new Set(events.map(({ id }) => id))];

  it('loses nothing and keeps the order when the broker is killed and comes back', async () => {
    const events = await open();
    const seen: DeliveredEvent[] = [];
    const everyone: DeliveredEvent[] = [];
    const collect = (into: DeliveredEvent[]) => async (delivered: DeliveredEvent) => {
      await delay(1);
      into.push(delivered);
    };
    await events.subscribe({ topic, group: 'g', handle: collect(seen) });
    await events.subscribe({ topic, handle: collect(everyone) });
    const before = await members('g');
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    let published = 0;
    let going = true;
    const publishing = (async () => {
      for (; going; published += 1) await events.publish(keys.map((key) => event(key, published)));
    })();
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(500), SOON);
    await server.signal('SIGKILL');
    const done = seen.length;
    await delay(3_000);
    await server.start();
    const back = performance.now();
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(done + 20), SOON);
    expect(performance.now() - back).toBeLessThan(5_000);
    const resumed = published;
    await vi.waitFor(() => expect(published).toBeGreaterThan(resumed + 20), SOON);
    going = false;
    await publishing;
    for (const delivered of [seen, everyone]) {
      await vi.waitFor(() => expect(firsts(delivered)).toHaveLength(6 * published), SOON);
      for (const key of keys)
        expect(firsts(delivered.filter((one) => one.key === key))).toEqual(
          Array.from({ length: published }, (_, number) => `${key}-${number}`),
        );
    }
    expect(await members('g')).toEqual(before);
  });

  it('closes within five seconds while the broker is away, and says so meanwhile', async () => {
    const events = await open();
    await events.subscribe({ topic, group: 'g', handle: async () => {} });
    await events.subscribe({ topic, handle: async () => {} });
    await events.publish([event('a', 1)]);
    await server.signal('SIGKILL');
    const asked = performance.now();
    await expect(events.ping()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(performance.now() - asked).toBeLessThan(3_500);
    const publishing = events.publish([event('a', 2)]);
    const refused = expect(publishing).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    const began = performance.now();
    await events.close();
    expect(performance.now() - began).toBeLessThan(5_000);
    await refused;
  });

  it('answers pings again once the broker is back', async () => {
    const events = await open();
    await events.ping();
    await server.signal('SIGKILL');
    await expect(events.ping()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    await server.start();
    await vi.waitFor(() => events.ping(), SOON);
  });

  it('keeps the partitions of a handler that is slower than the session timeout', async () => {
    const events = await open();
    const begun: string[] = [];
    let finished = 0;
    await events.subscribe({
      topic,
      group: 'g',
      handle: async ({ id }) => {
        begun.push(id);
        if (id === 'a-1') await delay(12_000);
        finished += 1;
      },
    });
    const before = await members('g');
    await events.publish([event('a', 1), event('a', 2)]);
    await vi.waitFor(() => expect(finished).toBe(2), { timeout: 30_000, interval: 50 });
    expect(begun).toEqual(['a-1', 'a-2']);
    expect(await members('g')).toEqual(before);
  });

  it('lets a partition rest while its handler is overloaded, and the others go on', async () => {
    const events = await open();
    const calls: string[] = [];
    let overloaded = true;
    await events.subscribe({
      topic,
      group: 'g',
      attempts: 2,
      handle: async ({ id, key, attempt }) => {
        calls.push(`${id}#${attempt}`);
        if (key === 'a' && overloaded) throw new ParleyError('OVERLOADED', 'no more for now');
      },
    });
    const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
    await events.publish([event('a', 1), event('a', 2)]);
    await vi.waitFor(() => expect(calls.length).toBeGreaterThan(3), SOON);
    expect(new Set(calls)).toEqual(new Set(['a-1#1']));
    await events.publish(keys.map((key) => event(key, 0)));
    const others = () => calls.filter((call) => call.startsWith('k'));
    await vi.waitFor(() => expect(others().length).toBeGreaterThan(2), SOON);
    expect(calls).not.toContain('a-2#1');
    overloaded = false;
    await vi.waitFor(() => expect(others()).toHaveLength(12), SOON);
    await vi.waitFor(() => expect(calls).toContain('a-2#1'), SOON);
    expect(calls).not.toContain('a-1#2');
    await vi.waitFor(async () => expect(await events.lag(topic, 'g')).toBe(0), SOON);
    expect(others()).toHaveLength(12);
  });

  it('begins anew where kafkajs gives up', async () => {
    const warnings: string[] = [];
    const events = await openEvents(server.url, { onWarning: (text) => warnings.push(text) });
    opened.push(events);
    await events.publish([event('a', 1)]);
    const brokers = [server.url.replace('kafka://', '')];
    const stranger = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({
      groupId: `g.${topic}`,
      partitionAssigners: [
        () => ({
          name: 'strange',
          version: 0,
          protocol: () => ({ name: 'strange', metadata: Buffer.alloc(0) }),
          assign: async () => [],
        }),
      ],
    });
    await stranger.connect();
    await stranger.subscribe({ topic });
    await stranger.run({ eachMessage: async () => {} });
    const seen: DeliveredEvent[] = [];
    const subscribing = events.subscribe({
      topic,
      group: 'g',
      handle: async (delivered) => {
        seen.push(delivered);
      },
    });
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(1), SOON);
    await stranger.disconnect();
    await subscribing;
    await vi.waitFor(() => expect(seen).toHaveLength(1), SOON);
  });

  it('gives the work of a killed member to another', async () => {
    const events = await open();
    await events.publish([event('a', 1)]);
    const member = spawn(process.execPath, [
      join(import.meta.dirname, 'events-kafka-member.ts'),
      server.url,
      topic,
    ]);
    const lines: string[] = [];
    createInterface(member.stdout).on('line', (line) => lines.push(line));
    await vi.waitFor(() => expect(lines).toContain('a-1'), SOON);
    member.kill('SIGKILL');
    const seen: DeliveredEvent[] = [];
    await events.subscribe({
      topic,
      group: 'g',
      handle: async (delivered) => {
        seen.push(delivered);
      },
    });
    await vi.waitFor(() => expect(firsts(seen)).toEqual(['a-1']), SOON);
  });

  it('hands over at once when a member closes', async () => {
    const events = await open();
    const other = await open();
    const seen: DeliveredEvent[] = [];
    const handle = async (delivered: DeliveredEvent) => {
      seen.push(delivered);
    };
    const first = await events.subscribe({ topic, group: 'g', handle: async () => {} });
    await other.subscribe({ topic, group: 'g', handle });
    await first.close();
    const began = performance.now();
    await events.publish(Array.from({ length: 12 }, (_, n) => event(`k${n}`, 0)));
    await vi.waitFor(() => expect(firsts(seen)).toHaveLength(12), SOON);
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('leaves no group behind for a subscriber of everything', async () => {
    const events = await open();
    const subscription = await events.subscribe({ topic, handle: async () => {} });
    const groups = async () =>
      (await admin.listGroups()).groups.filter(({ groupId }) => groupId.endsWith(topic));
    expect(await groups()).toHaveLength(1);
    await subscription.close();
    expect(await groups()).toEqual([]);
  });
});
