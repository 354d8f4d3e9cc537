import { invalid, ParleyError } from '../errors.ts';
import { type Committed, type Milliseconds, type Operation, OUTBOX_QUEUE } from './port.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import type { SqliteQueue } from './sqlite-queue.ts';
import type { Tables } from './sqlite-tables.ts';

/** The one shard of a SQLite store. */
export const SHARD = 'shard-0';

/** What a commit did, and the queues in which it made released work available at once. */
export type Written = Committed & { freed: string[] };

/**
 * How the operations of a commit are judged and done. Both run inside a transaction of the caller; `texts` are
 * the values of the operations as JSON, by position.
 */
export function sqliteCommit(database: SqliteDatabase, tables: Tables, queue: SqliteQueue) {
  const { record, entry, expiry, listed, outbox } = tables;
  const version = database.prepare(`SELECT version FROM ${record} WHERE owner = ? AND name = ?`);
  const put = database.prepare(
    `INSERT INTO ${record} (owner, name, version, value) VALUES (?, ?, 1, ?)
     ON CONFLICT (owner, name) DO UPDATE SET version = version + 1, value = excluded.value`,
  );
  const remove = database.prepare(`DELETE FROM ${record} WHERE owner = ? AND name = ?`);
  const append = database.prepare(
    `INSERT INTO ${entry} (owner, stream, sequence, value)
     SELECT ?1, ?2, coalesce(max(sequence), 0) + 1, ?3 FROM ${entry} WHERE owner = ?1 AND stream = ?2`,
  );
  const expire = database.prepare(
    `INSERT OR REPLACE INTO ${expiry} (owner, stream, at) VALUES (?, ?, ?)`,
  );
  const index = database.prepare(
    `INSERT OR REPLACE INTO ${listed} (list, member, rank) VALUES (?, ?, ?)`,
  );
  const unindex = database.prepare(`DELETE FROM ${listed} WHERE list = ? AND member = ?`);
  const emit = database.prepare(`INSERT INTO ${outbox} (attributes, data) VALUES (?, ?)`);

  function expectVersion(owner: string, name: string, expected: number | 'absent'): void {
    const row = version.get(owner, name) as { version: number } | undefined;
    const standing = row?.version ?? 'absent';
    if (standing !== expected)
      throw new ParleyError(
        'CONFLICT',
        `${owner}/${name} is ${standing === 'absent' ? standing : `at version ${standing}`}, expected ${expected}`,
      );
  }

  return {
    /** @throws ParleyError CONFLICT or LEASE_LOST when the commit must not happen. */
    check(owner: string, operations: Operation[]): void {
      for (const operation of operations) {
        if (operation.op === 'put' || operation.op === 'delete') {
          if (operation.expect !== undefined)
            expectVersion(owner, operation.name, operation.expect);
        } else if (operation.op === 'guard' || operation.op === 'release') {
          const { lease } = operation;
          if (!queue.holds(lease))
            throw new ParleyError(
              'LEASE_LOST',
              `${lease.holder} no longer holds ${lease.queue}/${lease.id} by token ${lease.token}`,
            );
        }
      }
    },

    write(owner: string, operations: Operation[], texts: string[], now: Milliseconds): Written {
      const leases: Committed['leases'] = [];
      const freed: string[] = [];
      for (const [position, operation] of operations.entries()) {
        const text = texts[position] ?? '';
        switch (operation.op) {
          case 'put':
            put.run(owner, operation.name, text);
            break;
          case 'delete':
            remove.run(owner, operation.name);
            break;
          case 'append':
            append.run(owner, operation.stream, text);
            break;
          case 'expire':
            expire.run(owner, operation.stream, operation.at);
            break;
          case 'enqueue': {
            const { id, at = now, hold } = operation;
            const lease = queue.enqueue(operation.queue, id, at, hold, now);
            if (hold !== undefined) leases.push(lease);
            break;
          }
          case 'release':
            if (queue.release(operation.lease, operation.at, now))
              freed.push(operation.lease.queue);
            break;
          case 'dequeue':
            queue.dequeue(operation.queue, operation.id);
            break;
          case 'guard':
            break;
          case 'index':
            index.run(operation.index, operation.member, operation.rank);
            break;
          case 'unindex':
            unindex.run(operation.index, operation.member);
            break;
          case 'emit':
            emit.run(text, operation.event.data);
            queue.enqueue(OUTBOX_QUEUE, SHARD, now, undefined, now);
            break;
          default:
            operation satisfies never;
        }
      }
      return { leases, freed };
    },
  };
}

/**
 * The JSON of every operation's value, '' where it has none; taken at once, so that the caller may go on
 * to change its objects.
 * @throws ParleyError INVALID_ARGUMENT for a value that JSON cannot carry, or a rank that is no number.
 */
export function operationTexts(operations: Operation[]): string[] {
  return operations.map((operation) => {
    if (operation.op === 'put') return json(operation.value, operation.name);
    if (operation.op === 'append') return json(operation.value, operation.stream);
    if (operation.op === 'emit') {
      const { data: _, ...attributes } = operation.event;
      return JSON.stringify(attributes);
    }
    if (operation.op === 'index' && !Number.isFinite(operation.rank))
      throw invalid('rank', `of ${operation.member} in ${operation.index} must be a finite number`);
    return '';
  });
}

function json(value: unknown, name: string): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw invalid(name, 'the value must be JSON');
  return text;
}
