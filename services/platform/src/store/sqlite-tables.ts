import { invalid } from '../errors.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/** The tables of one service's store. */
export type Tables = {
  record: string;
  entry: string;
  expiry: string;
  work: string;
  listed: string;
  outbox: string;
  counter: string;
};

/**
 * Creates the tables of a service where they are missing, and hands back what is leased there: the file is
 * for one process, so a lease that stands when it is opened was held by one that died.
 * - work: `at` is when the item is available, thus a lease's expiry while `holder` is set; `again` is the
 *   time that an enqueue asked for while the item was leased.
 * @throws ParleyError INVALID_ARGUMENT when the name cannot be part of a table's name.
 */
export function createTables(database: SqliteDatabase, service: string): Tables {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(service))
    throw invalid('service', `'${service}' must be lower case letters, digits and dashes`);
  const prefix = `store_${service.replaceAll('-', '_')}`;
  database.execute(`
    CREATE TABLE IF NOT EXISTS ${prefix}_record (
      owner TEXT, name TEXT, version INTEGER NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (owner, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS ${prefix}_entry (
      owner TEXT, stream TEXT, sequence INTEGER, value TEXT NOT NULL,
      PRIMARY KEY (owner, stream, sequence)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS ${prefix}_expiry (
      owner TEXT, stream TEXT, at INTEGER NOT NULL, PRIMARY KEY (owner, stream)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS ${prefix}_expiry_at ON ${prefix}_expiry (at);
    CREATE TABLE IF NOT EXISTS ${prefix}_work (
      queue TEXT, id TEXT, at INTEGER NOT NULL, token INTEGER NOT NULL, holder TEXT, again INTEGER,
      PRIMARY KEY (queue, id)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS ${prefix}_work_at ON ${prefix}_work (queue, at);
    CREATE TABLE IF NOT EXISTS ${prefix}_listed (
      list TEXT, member TEXT, rank REAL NOT NULL, PRIMARY KEY (list, member)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS ${prefix}_listed_rank ON ${prefix}_listed (list, rank, member);
    CREATE TABLE IF NOT EXISTS ${prefix}_outbox (
      position INTEGER PRIMARY KEY AUTOINCREMENT, attributes TEXT NOT NULL, data BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS ${prefix}_counter (
      name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;`);
  if (database.first(prefix))
    database.execute(`
      UPDATE ${prefix}_work SET at = 0, token = 0, holder = NULL, again = NULL
      WHERE holder IS NOT NULL`);
  return {
    record: `${prefix}_record`,
    entry: `${prefix}_entry`,
    expiry: `${prefix}_expiry`,
    work: `${prefix}_work`,
    listed: `${prefix}_listed`,
    outbox: `${prefix}_outbox`,
    counter: `${prefix}_counter`,
  };
}
