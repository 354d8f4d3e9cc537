import { ParleyError } from '../errors.ts';
import { acquireDatabase, type SqliteDatabase } from '../store/sqlite-database.ts';
import type { Events, Subscription } from './port.ts';
import { type Member, SqliteConsumer } from './sqlite-consumer.ts';
import { sqliteLog } from './sqlite-log.ts';

const ATTEMPTS = 5;

/** The groups that are read in this process: the members of a group share one reader. */
type Groups = { reading: Map<string, SqliteConsumer>; ending: Map<string, Promise<unknown>> };

const groupsByFile = new WeakMap<SqliteDatabase, Groups>();

/**
 * The event log in a SQLite file, which stores may share. For one process: subscribers in it are woken at
 * once, and the members of a group divide the keys among them. Events that all groups of a topic have
 * passed stay for an hour, those of a topic without groups for a week.
 * @param now the clock, in milliseconds since the epoch.
 * @throws ParleyError UNAVAILABLE when the file cannot be opened.
 */
export function openSqliteEvents(
  path: string,
  { now = Date.now }: { now?: () => number } = {},
): Events {
  const { database, release } = acquireDatabase(path);
  const log = sqliteLog(database, now);
  const groups = groupsByFile.get(database) ?? { reading: new Map(), ending: new Map() };
  groupsByFile.set(database, groups);
  const subscriptions = new Set<Subscription>();
  let closed = false;

  function ensureOpen(): void {
    if (closed) throw new ParleyError('UNAVAILABLE', 'the event log is closed');
  }

  async function joinGroup(topic: string, group: string, member: Member): Promise<Subscription> {
    const key = JSON.stringify([topic, group]);
    await groups.ending.get(key);
    const position = await log.groupPosition(topic, group);
    // A group is known, and its events are kept, from its first subscription on.
    await log.setGroupPosition(topic, group, position);
    const consumer = groups.reading.get(key) ?? new SqliteConsumer(database, log, { topic, group });
    groups.reading.set(key, consumer);
    consumer.join(member, position);
    return {
      async close() {
        const { ended, done } = consumer.leave(member);
        if (ended) {
          groups.reading.delete(key);
          groups.ending.set(key, done);
        }
        await done;
        if (groups.ending.get(key) === done) groups.ending.delete(key);
      },
    };
  }

  async function joinEveryone(topic: string, member: Member): Promise<Subscription> {
    const position = await log.lastPosition(topic);
    const consumer = new SqliteConsumer(database, log, { topic, group: undefined });
    consumer.join(member, position);
    return {
      async close() {
        await consumer.leave(member).done;
      },
    };
  }

  return {
    async publish(events) {
      ensureOpen();
      await log.append(events);
    },

    async subscribe({ topic, group, handle, attempts = ATTEMPTS }) {
      ensureOpen();
      const member: Member = { handle, attempts, running: new Set() };
      const joined = await (group === undefined
        ? joinEveryone(topic, member)
        : joinGroup(topic, group, member));
      let closing: Promise<void> | undefined;
      const subscription: Subscription = {
        close() {
          subscriptions.delete(subscription);
          closing ??= joined.close();
          return closing;
        },
      };
      subscriptions.add(subscription);
      return subscription;
    },

    async lag(topic, group) {
      ensureOpen();
      return log.lag(topic, group);
    },

    async ping() {
      ensureOpen();
      await database.read(() => database.prepare('SELECT 1').get());
    },

    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(Array.from(subscriptions, (subscription) => subscription.close()));
      release();
    },
  };
}
