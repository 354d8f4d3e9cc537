import { ParleyError } from '../errors.ts';
import type { EventRecord } from '../events/port.ts';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts';
import type { Operation, OutboxEntry, Store, StreamEntry } from './port.ts';
import { onSignal, waitForSignal } from './signals.ts';
import { operationTexts, SHARD, sqliteCommit } from './sqlite-commit.ts';
import { acquireDatabase } from './sqlite-database.ts';
import { streamPurge } from './sqlite-purge.ts';
import { sqliteQueue } from './sqlite-queue.ts';
import { signalNames, signalsOf } from './sqlite-signals.ts';
import { createTables } from './sqlite-tables.ts';

/**
 * The store of `service` in a SQLite file; other services' stores and the event log may share it. For one
 * process: wake-ups do not cross processes. A resolved commit survives the end of the process.
 * @param now the clock, in milliseconds since the epoch.
 * @throws ParleyError UNAVAILABLE when the file cannot be opened.
 */
export function openSqliteStore(
  path: string,
  { service, now = Date.now }: { service: string; now?: () => number },
): Store {
  const { database, release } = acquireDatabase(path);
  const tables = createTables(database, service);
  const names = signalNames(service);
  const queues = sqliteQueue(database, tables);
  const commits = sqliteCommit(database, tables, queues);
  const purge = streamPurge(database, tables, now);
  const closed = new AbortController();

  const select = database.prepare(
    `SELECT value, version FROM ${tables.record} WHERE owner = ? AND name = ?`,
  );
  const entries = database.prepare(
    `SELECT sequence, value FROM ${tables.entry} WHERE owner = ? AND stream = ? AND sequence > ?
     ORDER BY sequence LIMIT ?`,
  );
  const rangeSql = (compare: string, direction: string) =>
    `SELECT member, rank FROM ${tables.listed} WHERE list = ? AND (rank, member) ${compare} (?, ?)
     ORDER BY rank ${direction}, member ${direction} LIMIT ?`;
  const upwards = database.prepare(rangeSql('>', 'ASC'));
  const downwards = database.prepare(rangeSql('<', 'DESC'));
  const waiting = database.prepare(
    `SELECT CAST(position AS TEXT) AS position, attributes, data FROM ${tables.outbox} AS waiting
     ORDER BY waiting.position LIMIT ?`,
  );
  const forget = database.prepare(`DELETE FROM ${tables.outbox} WHERE position = ?`);

  function ensureOpen(): void {
    if (closed.signal.aborted)
      throw new ParleyError('UNAVAILABLE', `the store of ${service} is closed`);
  }

  return {
    async commit(owner, operations) {
      ensureOpen();
      const steps: Operation[] = [...operations];
      const texts = operationTexts(steps);
      purge();
      return database.write({
        check: () => commits.check(owner, steps),
        write: () => commits.write(owner, steps, texts, now()),
        committed: ({ freed }) => {
          for (const signal of signalsOf(names, owner, steps, freed, now()))
            database.signals.emit(signal);
        },
      });
    },

    async get<T>(owner: string, name: string) {
      ensureOpen();
      const row = (await database.read(() => select.get(owner, name))) as
        | { value: string; version: number }
        | undefined;
      return row && { value: JSON.parse(row.value) as T, version: row.version };
    },

    async range(index, { limit, after, reverse = false }) {
      ensureOpen();
      const end = reverse ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      const from: Cursor = after === undefined ? { rank: end, member: '' } : decodeCursor(after);
      const statement = reverse ? downwards : upwards;
      const rows = (await database.read(() =>
        statement.all(index, from.rank, from.member, limit + 1),
      )) as Cursor[];
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const members = page.map(({ member }) => member);
      return rows.length > limit && last ? { members, next: encodeCursor(last) } : { members };
    },

    async read<T>(
      owner: string,
      stream: string,
      options: { after: number; limit: number; wait?: number; signal?: AbortSignal },
    ) {
      ensureOpen();
      const { after, limit, wait = 0, signal } = options;
      const deadline = performance.now() + wait;
      const ended =
        signal && wait > 0 ? AbortSignal.any([signal, closed.signal]) : (signal ?? closed.signal);
      for (;;) {
        const rows = (await database.read(() => entries.all(owner, stream, after, limit))) as {
          sequence: number;
          value: string;
        }[];
        const left = deadline - performance.now();
        if (rows.length > 0 || left <= 0 || ended.aborted)
          return rows.map(
            ({ sequence, value }): StreamEntry<T> => ({ sequence, value: JSON.parse(value) }),
          );
        await waitForSignal(database.signals, names.stream(owner, stream), left, ended);
        if (closed.signal.aborted) return [];
      }
    },

    async lease(queue, options) {
      ensureOpen();
      return database.write({ write: () => queues.lease(queue, options, now()) });
    },

    async extend(leases, ttl) {
      ensureOpen();
      if (leases.length === 0) return [];
      return database.write({ write: () => queues.extend(leases, ttl, now()) });
    },

    async depth(queue) {
      ensureOpen();
      return database.read(() => queues.depth(queue, now()));
    },

    onWork(queue, listener) {
      return onSignal(database.signals, names.work(queue), listener);
    },

    async outbox(_shard, limit) {
      ensureOpen();
      const rows = (await database.read(() => waiting.all(limit))) as {
        position: string;
        attributes: string;
        data: Uint8Array;
      }[];
      return rows.map(
        ({ position, attributes, data }): OutboxEntry => ({
          position,
          event: { ...(JSON.parse(attributes) as Omit<EventRecord, 'data'>), data },
        }),
      );
    },

    async trim(_shard, published) {
      ensureOpen();
      await database.write({
        write: () => {
          for (const { position } of published) forget.run(position);
        },
      });
    },

    onEmit(listener) {
      return onSignal(database.signals, names.emit, () => listener(SHARD));
    },

    async ping() {
      ensureOpen();
      await database.read(() => database.prepare('SELECT 1').get());
    },

    async close() {
      if (closed.signal.aborted) return;
      closed.abort();
      release();
    },
  };
}
