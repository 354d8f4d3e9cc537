import type { SqliteDatabase } from './sqlite-database.ts';
import type { Tables } from './sqlite-tables.ts';

const INTERVAL = 2_000;
const STREAMS_PER_RUN = 20;

/**
 * Drops expired streams a few at a time: called with every commit, it does something at most every two
 * seconds, or with every commit while more are due than one run takes.
 */
export function streamPurge(
  database: SqliteDatabase,
  { entry, expiry }: Tables,
  now: () => number,
): () => void {
  const due = database.prepare(
    `SELECT owner, stream FROM ${expiry} WHERE at <= ? ORDER BY at LIMIT ?`,
  );
  const drop = database.prepare(`DELETE FROM ${entry} WHERE owner = ? AND stream = ?`);
  const forget = database.prepare(`DELETE FROM ${expiry} WHERE owner = ? AND stream = ?`);
  let next = 0;

  function write(): boolean {
    const streams = due.all(now(), STREAMS_PER_RUN) as { owner: string; stream: string }[];
    for (const { owner, stream } of streams) {
      drop.run(owner, stream);
      forget.run(owner, stream);
    }
    return streams.length === STREAMS_PER_RUN;
  }

  return () => {
    if (now() < next) return;
    next = now() + INTERVAL;
    database
      .write({ write })
      .then((more) => {
        if (more) next = 0;
      })
      // A failed purge harms nobody; the next one comes.
      .catch(() => {});
  };
}
