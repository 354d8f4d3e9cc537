import type { Lease, Milliseconds } from './port.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import type { Tables } from './sqlite-tables.ts';

type Item = { holder: string | null };
type Hold = { holder: string; ttl: Milliseconds };

/** The lease queues of one service. Every method runs inside a transaction of the caller. */
export type SqliteQueue = ReturnType<typeof sqliteQueue>;

/** The statements of the lease queues, as plain functions of the time `now`. */
export function sqliteQueue(database: SqliteDatabase, tables: Tables) {
  const { work, counter } = tables;
  const held = database.prepare(`SELECT 1 FROM ${work} WHERE queue = ? AND id = ? AND token = ?`);
  const find = database.prepare(`SELECT holder FROM ${work} WHERE queue = ? AND id = ?`);
  const insert = database.prepare(
    `INSERT INTO ${work} (queue, id, at, token, holder) VALUES (?, ?, ?, ?, ?)`,
  );
  const advance = database.prepare(`UPDATE ${work} SET at = min(at, ?) WHERE queue = ? AND id = ?`);
  const remember = database.prepare(
    `UPDATE ${work} SET again = min(coalesce(again, ?), ?) WHERE queue = ? AND id = ?`,
  );
  const remove = database.prepare(`DELETE FROM ${work} WHERE queue = ? AND id = ?`);
  const end = database.prepare(
    `DELETE FROM ${work} WHERE queue = ? AND id = ? AND token = ? AND again IS NULL`,
  );
  const putBack = database.prepare(
    `UPDATE ${work} SET at = min(?, coalesce(again, ?)), token = 0, holder = NULL, again = NULL
     WHERE queue = ? AND id = ? AND token = ? RETURNING at`,
  );
  const available = database.prepare(
    `SELECT id FROM ${work} WHERE queue = ? AND at <= ? ORDER BY at, id LIMIT ?`,
  );
  const take = database.prepare(
    `UPDATE ${work} SET at = ?, token = ?, holder = ?, again = NULL WHERE queue = ? AND id = ?`,
  );
  const prolong = database.prepare(
    `UPDATE ${work} SET at = ? WHERE queue = ? AND id = ? AND token = ?`,
  );
  const count = database.prepare(
    `SELECT count(*) AS queued, count(*) FILTER (WHERE holder IS NOT NULL AND at > ?) AS leased
     FROM ${work} WHERE queue = ?`,
  );
  const tokens = database.prepare(
    `INSERT INTO ${counter} (name, value) VALUES ('token', ?)
     ON CONFLICT (name) DO UPDATE SET value = value + excluded.value RETURNING value`,
  );

  /** The first of `amount` tokens that no lease ever had. */
  function nextTokens(amount: number): number {
    const { value } = tokens.get(amount) as { value: number };
    return value - amount + 1;
  }

  return {
    /** Whether nobody took the work over. */
    holds(lease: Lease): boolean {
      return held.get(lease.queue, lease.id, lease.token) !== undefined;
    },

    enqueue(queue: string, id: string, at: number, hold: Hold | undefined, now: number) {
      const item = find.get(queue, id) as Item | undefined;
      if (item !== undefined) {
        if (item.holder !== null) remember.run(at, at, queue, id);
        else advance.run(at, queue, id);
        return undefined;
      }
      if (hold === undefined) {
        insert.run(queue, id, at, 0, null);
        return undefined;
      }
      const lease = { queue, id, holder: hold.holder, token: nextTokens(1) };
      const expiresAt = now + hold.ttl;
      insert.run(queue, id, expiresAt, lease.token, hold.holder);
      return { ...lease, expiresAt };
    },

    /** Returns whether the work is available again at once. */
    release(lease: Lease, at: Milliseconds | undefined, now: Milliseconds): boolean {
      const { queue, id, token } = lease;
      if (at === undefined && end.run(queue, id, token).changes === 1) return false;
      const then = at ?? Number.MAX_SAFE_INTEGER;
      const back = putBack.get(then, then, queue, id, token) as { at: number } | undefined;
      return back !== undefined && back.at <= now;
    },

    dequeue(queue: string, id: string): void {
      remove.run(queue, id);
    },

    lease(queue: string, { holder, ttl, limit }: Hold & { limit: number }, now: number): Lease[] {
      const items = available.all(queue, now, limit) as { id: string }[];
      if (items.length === 0) return [];
      const first = nextTokens(items.length);
      const expiresAt = now + ttl;
      return items.map(({ id }, index) => {
        const token = first + index;
        take.run(expiresAt, token, holder, queue, id);
        return { queue, id, holder, token, expiresAt };
      });
    },

    /** Extends what nobody took over; returns the rest. */
    extend(leases: Lease[], ttl: Milliseconds, now: Milliseconds): Lease[] {
      return leases.filter(
        ({ queue, id, token }) => prolong.run(now + ttl, queue, id, token).changes === 0,
      );
    },

    depth(queue: string, now: Milliseconds): { queued: number; leased: number } {
      return { ...(count.get(now, queue) as { queued: number; leased: number }) };
    },
  };
}
