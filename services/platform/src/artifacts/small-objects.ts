import { hash } from 'node:crypto';
import { ParleyError } from '../errors.ts';
import { acquireDatabase } from '../store/sqlite-database.ts';
import { artifactUri, type StoredArtifact } from './port.ts';

/** Objects that are written and read whole, in one SQLite file. */
export type SmallObjects = {
  /** Stores an object, or finds the same there. @throws ParleyError CONFLICT when the path holds other content. */
  put(path: string, content: Uint8Array): Promise<StoredArtifact>;
  /** The content of a path, or undefined. */
  get(path: string): Uint8Array | undefined;
  stat(path: string): StoredArtifact | undefined;
  close(): void;
};

/**
 * Opens the file, creating it if need be. A row costs a tenth of what a file costs, where objects are some
 * kilobytes and come by the hundred a second.
 * @throws ParleyError UNAVAILABLE when it cannot be opened.
 */
export function openSmallObjects(file: string): SmallObjects {
  const { database, release } = acquireDatabase(file);
  database.execute(
    'CREATE TABLE IF NOT EXISTS object (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, content BLOB NOT NULL)',
  );
  const find = database.prepare(
    'SELECT sha256, length(content) AS bytes FROM object WHERE path = ?',
  );
  const read = database.prepare('SELECT content FROM object WHERE path = ?');
  const insert = database.prepare(
    'INSERT OR IGNORE INTO object (path, sha256, content) VALUES (?, ?, ?)',
  );

  function stat(path: string): StoredArtifact | undefined {
    const row = find.get(path) as { sha256: string; bytes: number } | undefined;
    return row && { uri: artifactUri(path), ...row };
  }

  return {
    put(path, content) {
      const sha256 = hash('sha256', content, 'hex');
      return database.write({
        check() {
          const there = stat(path);
          if (there !== undefined && there.sha256 !== sha256)
            throw new ParleyError('CONFLICT', `${path} already holds other content`);
        },
        write() {
          insert.run(path, sha256, content);
          return { uri: artifactUri(path), sha256, bytes: content.byteLength };
        },
      });
    },
    get: (path) => (read.get(path) as { content: Uint8Array } | undefined)?.content,
    stat,
    close: release,
  };
}
