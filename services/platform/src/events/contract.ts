import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ParleyError } from '../errors.ts';
import type { DeliveredEvent, EventRecord, Events, Subscription } from './port.ts';
import { deadLetterTopic } from './topics.ts';

/** An event log to be tested; topics are named afresh for every test. */
export type EventsFixture = {
  events: Events;
  /** Another connection to the same log: as another service, or as the next process. */
  another(): Promise<Events>;
  /** Closes what is open and removes the data. */
  close(): Promise<void>;
};

/** How long the slowest adapter may take to bring an event to a subscriber. */
const SOON = { timeout: 20_000, interval: 10 };

/** What every adapter of the event log must do, as tests; `open` makes a fixture for each. */
export function eventsContract(name: string, open: () => Promise<EventsFixture>): void {
  describe(`events contract: ${name}`, { timeout: 60_000 }, () => {
    let fixture: EventsFixture | undefined;
    let topic = '';
    beforeEach(async () => {
      topic = `parley.tests.${randomUUID()}`;
      fixture = await open();
    });
    afterEach(async () => {
      await fixture?.close();
      fixture = undefined;
    });
    function current(): EventsFixture {
      if (fixture === undefined) throw new Error('the fixture is open only while a test runs');
      return fixture;
    }
    function event(key: string, number: number): EventRecord {
      return {
        id: `${key}-${number}`,
        topic,
        key,
        type: 'parley.tests.v1.Done',
        source: 'tests',
        time: '2026-01-01T00:00:00.000Z',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        data: new Uint8Array([number, 0, 255]),
      };
    }
    async function collect(
      events: Events,
      into: DeliveredEvent[],
      options: { group?: string; topic?: string } = {},
    ): Promise<Subscription> {
      return events.subscribe({
        topic,
        ...options,
        handle: async (delivered) => {
          into.push(delivered);
        },
      });
    }
    const ids = (events: DeliveredEvent[]) => events.map(({ id }) => id);

    it('delivers an event as it was published', async () => {
      const { events } = current();
      const seen: DeliveredEvent[] = [];
      await collect(events, seen, { group: 'g' });
      await events.publish([event('a', 7)]);
      await vi.waitFor(() => expect(seen).toHaveLength(1), SOON);
      const [first] = seen;
      expect({ ...first, data: [...(first?.data ?? [])] }).toEqual({
        ...event('a', 7),
        data: [7, 0, 255],
        attempt: 1,
      });
    });

    it('gives a new group the topic from its beginning, in order by key', async () => {
      const { events } = current();
      const keys = ['a', 'b', 'c', 'd'];
      for (let n = 0; n < 50; n += 1) await events.publish(keys.map((key) => event(key, n)));
      const seen: DeliveredEvent[] = [];
      await events.subscribe({
        topic,
        group: 'g',
        handle: async (delivered) => {
          await Promise.resolve();
          seen.push(delivered);
        },
      });
      await vi.waitFor(() => expect(seen).toHaveLength(200), SOON);
      for (const key of keys)
        expect(ids(seen.filter((delivered) => delivered.key === key))).toEqual(
          Array.from({ length: 50 }, (_, n) => `${key}-${n}`),
        );
    });

    it('gives every group each event, and each event to one member of a group', async () => {
      const { events, another } = current();
      const other = await another();
      const one: DeliveredEvent[] = [];
      const two: DeliveredEvent[] = [];
      const rest: DeliveredEvent[] = [];
      await collect(events, one, { group: 'shared' });
      await collect(other, two, { group: 'shared' });
      await collect(other, rest, { group: 'alone' });
      const all = Array.from({ length: 40 }, (_, n) => event(`k${n}`, n));
      await events.publish(all);
      await vi.waitFor(() => expect(rest).toHaveLength(40), SOON);
      await vi.waitFor(() => expect(one.length + two.length).toBeGreaterThanOrEqual(40), SOON);
      expect(ids([...one, ...two]).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    });

    it('gives everyone the events published from then on', async () => {
      const { events, another } = current();
      const other = await another();
      await events.publish([event('a', 0)]);
      const one: DeliveredEvent[] = [];
      const two: DeliveredEvent[] = [];
      await collect(events, one);
      await collect(other, two);
      await events.publish([event('a', 1), event('b', 2)]);
      await vi.waitFor(() => expect(one).toHaveLength(2), SOON);
      await vi.waitFor(() => expect(two).toHaveLength(2), SOON);
      expect(ids(one).toSorted()).toEqual(['a-1', 'b-2']);
      expect(ids(two).toSorted()).toEqual(['a-1', 'b-2']);
    });

    it('tries again what fails, before the next event of its key', async () => {
      const { events } = current();
      const calls: string[] = [];
      await events.subscribe({
        topic,
        group: 'g',
        handle: async ({ id, attempt }) => {
          calls.push(`${id}#${attempt}`);
          if (id === 'a-1' && attempt < 3) throw new Error('not yet');
        },
      });
      await events.publish([event('a', 1), event('a', 2)]);
      await vi.waitFor(() => expect(calls).toContain('a-2#1'), SOON);
      expect(calls).toEqual(['a-1#1', 'a-1#2', 'a-1#3', 'a-2#1']);
    });

    it('puts what always fails among the dead letters, with the error, and goes on', async () => {
      const { events } = current();
      const calls: string[] = [];
      const letters: DeliveredEvent[] = [];
      await events.subscribe({
        topic,
        group: 'g',
        attempts: 3,
        handle: async ({ id }) => {
          calls.push(id);
          if (id === 'a-1') throw new ParleyError('UNAVAILABLE', 'the moon is away');
        },
      });
      await collect(events, letters, { group: 'g', topic: deadLetterTopic(topic) });
      await events.publish([event('a', 1), event('a', 2)]);
      await vi.waitFor(() => expect(letters).toHaveLength(1), SOON);
      await vi.waitFor(() => expect(calls).toContain('a-2'), SOON);
      expect(calls).toEqual(['a-1', 'a-1', 'a-1', 'a-2']);
      expect(letters[0]).toMatchObject({ id: 'a-1', key: 'a', topic: deadLetterTopic(topic) });
      expect(letters[0]?.error).toContain('the moon is away');
    });

    it('waits with an event for which there is no room, however long that takes', async () => {
      const { events } = current();
      let room = false;
      const tries: number[] = [];
      await events.subscribe({
        topic,
        group: 'g',
        attempts: 2,
        handle: async ({ attempt }) => {
          tries.push(attempt);
          if (!room) throw new ParleyError('OVERLOADED', 'the queue is full');
        },
      });
      await events.publish([event('a', 1)]);
      await vi.waitFor(() => expect(tries.length).toBeGreaterThanOrEqual(3), SOON);
      room = true;
      const refused = tries.length;
      await vi.waitFor(() => expect(tries.length).toBeGreaterThan(refused), SOON);
      expect(new Set(tries)).toEqual(new Set([1]));
      await vi.waitFor(async () => expect(await events.lag(topic, 'g')).toBe(0), SOON);
      expect(await events.lag(deadLetterTopic(topic), 'none')).toBe(0);
    });

    it('does not try again what cannot be read', async () => {
      const { events } = current();
      const letters: DeliveredEvent[] = [];
      const handle = vi.fn(async () => {
        throw new ParleyError('DATA_CORRUPT', 'no message');
      });
      await events.subscribe({ topic, group: 'g', handle });
      await collect(events, letters, { group: 'g', topic: deadLetterTopic(topic) });
      await events.publish([event('a', 1)]);
      await vi.waitFor(() => expect(letters).toHaveLength(1), SOON);
      expect(handle).toHaveBeenCalledTimes(1);
    });

    it('goes on where the group stopped, and knows how much is left', async () => {
      const { events, another } = current();
      const before: DeliveredEvent[] = [];
      const first = await collect(events, before, { group: 'g' });
      await events.publish([event('a', 1), event('a', 2)]);
      await vi.waitFor(async () => {
        expect(before).toHaveLength(2);
        expect(await events.lag(topic, 'g')).toBe(0);
      }, SOON);
      await first.close();
      await events.publish([event('a', 3), event('a', 4)]);
      expect(await events.lag(topic, 'g')).toBe(2);
      await events.close();
      const next = await another();
      const after: DeliveredEvent[] = [];
      await collect(next, after, { group: 'g' });
      await vi.waitFor(() => expect(after).toHaveLength(2), SOON);
      expect(ids(before)).toEqual(['a-1', 'a-2']);
      expect(ids(after)).toEqual(['a-3', 'a-4']);
    });

    it('waits for a running handler when it closes, and gives the rest to the next member', async () => {
      const { events } = current();
      const started = Promise.withResolvers<void>();
      const finish = Promise.withResolvers<void>();
      const done: string[] = [];
      const subscription = await events.subscribe({
        topic,
        group: 'g',
        handle: async ({ id }) => {
          started.resolve();
          await finish.promise;
          done.push(id);
        },
      });
      await events.publish([event('a', 1), event('a', 2)]);
      await started.promise;
      const closing = subscription.close();
      finish.resolve();
      await closing;
      expect(done).toEqual(['a-1']);
      const rest: DeliveredEvent[] = [];
      await collect(events, rest, { group: 'g' });
      await vi.waitFor(() => expect(ids(rest)).toContain('a-2'), SOON);
    });

    it('answers a ping until it is closed', async () => {
      const { events } = current();
      await events.ping();
      await events.close();
      await expect(events.ping()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    });
  });
}
