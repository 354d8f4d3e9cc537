import type { SqliteDatabase } from '../store/sqlite-database.ts';
import type { DeliveredEvent, EventRecord } from './port.ts';

const HOUR = 3_600_000;
/** How long an event stays once every group has passed it. */
const KEEP_PASSED = HOUR;
/** How long an event of a topic without groups stays, for a group to come. */
const KEEP_UNREAD = 7 * 24 * HOUR;
const PURGE_INTERVAL = 60_000;
const PURGE_LIMIT = 1_000;

export type LogEntry = { position: number; event: EventRecord; error?: string };

/** The log of all topics in one file. */
export type SqliteLog = ReturnType<typeof sqliteLog>;

/** The signal that a topic has a new entry. */
export function topicSignal(topic: string): string {
  return `events ${topic}`;
}

/** The event log's tables and statements, created where missing. Positions grow and are never reused. */
export function sqliteLog(database: SqliteDatabase, now: () => number) {
  database.execute(`
    CREATE TABLE IF NOT EXISTS events_log (
      position INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, at INTEGER NOT NULL,
      attributes TEXT NOT NULL, data BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS events_log_topic ON events_log (topic, position);
    CREATE TABLE IF NOT EXISTS events_group (
      topic TEXT, name TEXT, position INTEGER NOT NULL, PRIMARY KEY (topic, name)) WITHOUT ROWID;`);
  const insert = database.prepare(
    'INSERT INTO events_log (topic, at, attributes, data) VALUES (?, ?, ?, ?)',
  );
  const select = database.prepare(
    `SELECT position, attributes, data FROM events_log WHERE topic = ? AND position > ?
     ORDER BY position LIMIT ?`,
  );
  const last = database.prepare(
    'SELECT coalesce(max(position), 0) AS position FROM events_log WHERE topic = ?',
  );
  const stopped = database.prepare(
    'SELECT position FROM events_group WHERE topic = ? AND name = ?',
  );
  const stop = database.prepare(
    `INSERT INTO events_group (topic, name, position) VALUES (?, ?, ?)
     ON CONFLICT (topic, name) DO UPDATE SET position = max(position, excluded.position)`,
  );
  const count = database.prepare(
    'SELECT count(*) AS entries FROM events_log WHERE topic = ? AND position > ?',
  );
  const slowest = database.prepare(
    'SELECT min(position) AS position FROM events_group WHERE topic = ?',
  );
  const drop = database.prepare(
    `DELETE FROM events_log WHERE position IN (
       SELECT position FROM events_log WHERE topic = ? AND position <= ? AND at < ?
       ORDER BY position LIMIT ${PURGE_LIMIT})`,
  );
  const purged = new Map<string, number>();

  /** Drops, at most once a minute and 1,000 at a time, what nobody will read. */
  function purge(topic: string): void {
    if (now() < (purged.get(topic) ?? 0) + PURGE_INTERVAL) return;
    purged.set(topic, now());
    const { position } = slowest.get(topic) as { position: number | null };
    if (position === null) drop.run(topic, Number.MAX_SAFE_INTEGER, now() - KEEP_UNREAD);
    else drop.run(topic, position, now() - KEEP_PASSED);
  }

  return {
    async append(events: Array<EventRecord & { error?: string }>): Promise<void> {
      if (events.length === 0) return;
      const rows = events.map(({ data, ...attributes }) => ({
        topic: attributes.topic,
        text: JSON.stringify(attributes),
        data,
      }));
      const topics = new Set(rows.map(({ topic }) => topic));
      await database.write({
        write: () => {
          for (const { topic, text, data } of rows) insert.run(topic, now(), text, data);
          for (const topic of topics) purge(topic);
        },
        committed: () => {
          for (const topic of topics) database.signals.emit(topicSignal(topic));
        },
      });
    },

    /** The next entries of a topic behind a position. */
    async read(topic: string, after: number, limit: number): Promise<LogEntry[]> {
      const rows = (await database.read(() => select.all(topic, after, limit))) as {
        position: number;
        attributes: string;
        data: Uint8Array;
      }[];
      return rows.map(({ position, attributes, data }) => {
        const { error, ...event } = JSON.parse(attributes) as Omit<DeliveredEvent, 'data'>;
        return { position, event: { ...event, data }, ...(error === undefined ? {} : { error }) };
      });
    },

    async lastPosition(topic: string): Promise<number> {
      return (await database.read(() => last.get(topic) as { position: number })).position;
    },

    /** Where a group stopped; 0 for one that is new to the topic. */
    async groupPosition(topic: string, group: string): Promise<number> {
      const row = await database.read(() => stopped.get(topic, group));
      return (row as { position: number } | undefined)?.position ?? 0;
    },

    async setGroupPosition(topic: string, group: string, position: number): Promise<void> {
      await database.write({ write: () => stop.run(topic, group, position) });
    },

    async lag(topic: string, group: string): Promise<number> {
      const position = await this.groupPosition(topic, group);
      const row = await database.read(() => count.get(topic, position));
      return (row as { entries: number }).entries;
    },
  };
}
