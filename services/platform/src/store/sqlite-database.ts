import { EventEmitter } from 'node:events';
import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ParleyError } from '../errors.ts';

/**
 * One write. `check` only reads and throws to refuse; `write` may run a second time after a rollback, so
 * it changes nothing but the database; `committed` runs once, after the transaction.
 */
export type Unit<T> = {
  check?: () => void;
  write: () => T;
  committed?: (result: T) => void;
};

type Outcome = { result: unknown } | { error: ParleyError };
type Pending = {
  unit: Unit<unknown>;
  resolve: (result: unknown) => void;
  reject: (error: ParleyError) => void;
};

/** Result codes of SQLite that pass: busy, locked, I/O error, disk full, cannot open. */
const PASSING = new Set([5, 6, 10, 13, 14]);

/**
 * A SQLite file, opened once in this process whoever uses it. Writes that arrive in one turn of the event
 * loop share one transaction. A commit survives the end of the process, however it ends; the last ones
 * may be lost when the machine itself loses power.
 */
export class SqliteDatabase {
  /** Hints between the users of this file, within this process. */
  readonly signals = new EventEmitter().setMaxListeners(0);
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #seen = new Set<string>();
  #pending: Pending[] = [];
  #turn: Promise<void> | undefined;
  #closed = false;

  constructor(path: string) {
    this.#connection = new DatabaseSync(path, {
      timeout: 5_000,
      enableForeignKeyConstraints: false,
    });
    this.#connection.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;' +
        'PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;',
    );
  }

  /** Whether this process asks for the first time since it opened the file; false from then on. */
  first(name: string): boolean {
    if (this.#seen.has(name)) return false;
    this.#seen.add(name);
    return true;
  }

  /** Runs statements at once; for creating tables. */
  execute(sql: string): void {
    this.#connection.exec(sql);
  }

  /** A statement, compiled once per text. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /**
   * Runs a unit in the transaction of this turn; alone in one if another unit of the turn breaks it.
   * @throws ParleyError what `check` threw; UNAVAILABLE when the file cannot be written now.
   */
  write<T>(unit: Unit<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) throw closedFile();
      this.#pending.push({
        unit: unit as Unit<unknown>,
        resolve: resolve as Pending['resolve'],
        reject,
      });
      this.#turn ??= new Promise((done) => {
        setImmediate(() => {
          this.flush();
          done();
        });
      });
    });
  }

  /** Runs a query after the writes that were asked for before it. */
  async read<T>(query: () => T): Promise<T> {
    if (this.#turn !== undefined) await this.#turn;
    if (this.#closed) throw closedFile();
    try {
      return query();
    } catch (thrown) {
      throw failure(thrown);
    }
  }

  /** Commits now what waits for the end of this turn. */
  flush(): void {
    const group = this.#pending;
    this.#pending = [];
    this.#turn = undefined;
    if (group.length === 0) return;
    const outcomes = this.#run(group);
    for (const [at, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[at] as Outcome;
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.result);
    }
    for (const [at, { unit }] of group.entries()) {
      const outcome = outcomes[at] as Outcome;
      if ('result' in outcome) unit.committed?.(outcome.result);
    }
  }

  close(): void {
    this.flush();
    this.#closed = true;
    this.#statements.clear();
    this.#connection.close();
  }

  #run(group: Pending[]): Outcome[] {
    try {
      return this.#transact(group);
    } catch (thrown) {
      if (group.length === 1) return [{ error: failure(thrown) }];
      return group.flatMap((pending) => this.#run([pending]));
    }
  }

  #transact(group: Pending[]): Outcome[] {
    this.prepare('BEGIN IMMEDIATE').run();
    try {
      const outcomes = group.map(({ unit }): Outcome => {
        try {
          unit.check?.();
        } catch (thrown) {
          return { error: failure(thrown) };
        }
        return { result: unit.write() };
      });
      this.prepare('COMMIT').run();
      return outcomes;
    } catch (thrown) {
      if (this.#connection.isTransaction) this.prepare('ROLLBACK').run();
      throw thrown;
    }
  }
}

const open = new Map<string, { database: SqliteDatabase; users: number }>();

/**
 * The database of a file, created with its folder if need be, and how to give it back; the last user to
 * do so closes it.
 * @throws ParleyError UNAVAILABLE when the file cannot be opened.
 */
export function acquireDatabase(path: string): { database: SqliteDatabase; release: () => void } {
  try {
    const folder = dirname(resolve(path));
    mkdirSync(folder, { recursive: true });
    const key = join(realpathSync(folder), basename(path));
    const entry = open.get(key) ?? { database: new SqliteDatabase(key), users: 0 };
    open.set(key, entry);
    entry.users += 1;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users > 0) return entry.database.flush();
      open.delete(key);
      entry.database.close();
    };
    return { database: entry.database, release };
  } catch (thrown) {
    const cause = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ParleyError('UNAVAILABLE', `cannot open the SQLite file ${path}: ${cause}`, {
      cause: thrown,
    });
  }
}

function closedFile(): ParleyError {
  return new ParleyError('UNAVAILABLE', 'the SQLite file is closed');
}

function failure(thrown: unknown): ParleyError {
  if (thrown instanceof Error && 'errcode' in thrown) {
    const primary = Number(thrown.errcode) & 0xff;
    if (PASSING.has(primary))
      return new ParleyError('UNAVAILABLE', `SQLite: ${thrown.message}`, { cause: thrown });
  }
  return ParleyError.from(thrown);
}
