import { createHash, hash, randomUUID } from 'node:crypto';
import { createReadStream, linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ParleyError } from '../errors.ts';
import { checkArtifactPath, checkArtifactUri } from './path.ts';
import { type Artifacts, artifactUri, type StoredArtifact } from './port.ts';
import { openSmallObjects } from './small-objects.ts';
import { verified } from './verify.ts';

/** Up to this many bytes an object is a row of `small.db`; what is larger is a file. */
export const SMALL = 256 * 1024;

/** Milliseconds after which an unfinished object was left behind by a process that died. */
const ABANDONED = 3_600_000;

/**
 * Artifacts in a folder: small ones in `small.db`, large ones as files under `objects/`, those on their way
 * under `incoming/`. An object appears whole or not at all, and survives the end of the process.
 * @throws ParleyError UNAVAILABLE when the folder cannot be made.
 */
export function openDirectoryArtifacts(dir: string): Artifacts {
  const objects = join(dir, 'objects');
  const incoming = join(dir, 'incoming');
  try {
    mkdirSync(objects, { recursive: true });
    mkdirSync(incoming, { recursive: true });
    removeAbandoned(incoming);
  } catch (cause) {
    throw new ParleyError('UNAVAILABLE', `cannot make the artifacts folder ${dir}`, { cause });
  }
  const small = openSmallObjects(join(dir, 'small.db'));

  /** Gives a complete file its name, or finds the same content there. */
  async function place(temporary: string, stored: StoredArtifact, path: string): Promise<void> {
    const target = join(objects, path);
    if (small.stat(path) !== undefined) throw conflict(path);
    try {
      mkdirSync(dirname(target), { recursive: true });
      linkSync(temporary, target);
    } catch (thrown) {
      if (!['EEXIST', 'ENOTDIR'].includes(codeOf(thrown))) throw unavailable(path, thrown);
      const there = await describe(path);
      if (there?.sha256 !== stored.sha256) throw conflict(path);
    }
  }

  async function describe(path: string): Promise<StoredArtifact | undefined> {
    const file = join(objects, path);
    const digest = createHash('sha256');
    let bytes = 0;
    try {
      for await (const piece of createReadStream(file) as AsyncIterable<Uint8Array>) {
        digest.update(piece);
        bytes += piece.byteLength;
      }
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      throw unavailable(path, thrown);
    }
    return { uri: artifactUri(path), sha256: digest.digest('hex'), bytes };
  }

  async function putStream(path: string, content: AsyncIterable<Uint8Array>) {
    const temporary = join(incoming, randomUUID());
    const digest = createHash('sha256');
    let bytes = 0;
    try {
      await using file = await open(temporary, 'wx');
      for await (const piece of content) {
        digest.update(piece);
        bytes += piece.byteLength;
        await file.writeFile(piece);
      }
      if (bytes <= SMALL) return await putSmall(path, await readFile(temporary));
      const stored = { uri: artifactUri(path), sha256: digest.digest('hex'), bytes };
      await place(temporary, stored, path);
      return stored;
    } finally {
      await unlink(temporary).catch(() => {});
    }
  }

  async function* piecesOf(content: Uint8Array) {
    for (let at = 0; at < content.byteLength; at += SMALL) yield content.subarray(at, at + SMALL);
  }

  async function putSmall(path: string, content: Uint8Array): Promise<StoredArtifact> {
    if (statSync(join(objects, path), { throwIfNoEntry: false })?.isFile()) throw conflict(path);
    return small.put(path, content);
  }

  function reading(path: string, thrown: unknown): ParleyError {
    if (isAbsent(thrown)) return new ParleyError('NOT_FOUND', `there is no artifact ${path}`);
    return unavailable(path, thrown);
  }

  return {
    async put(path, content) {
      checkArtifactPath(path);
      if (!(content instanceof Uint8Array)) return putStream(path, content);
      if (content.byteLength > SMALL) return putStream(path, piecesOf(content));
      return putSmall(path, content);
    },

    async get({ uri, sha256 }) {
      const path = checkArtifactUri(uri);
      let content = small.get(path);
      try {
        content ??= await readFile(join(objects, path));
      } catch (thrown) {
        throw reading(path, thrown);
      }
      if (sha256 !== undefined && hash('sha256', content, 'hex') !== sha256)
        throw new ParleyError('DATA_CORRUPT', `${uri} does not have the digest ${sha256}`);
      return content;
    },

    async *stream({ uri, sha256 }) {
      const path = checkArtifactUri(uri);
      const content = small.get(path);
      const pieces =
        content === undefined
          ? (createReadStream(join(objects, path)) as AsyncIterable<Uint8Array>)
          : piecesOf(content);
      try {
        yield* sha256 === undefined ? pieces : verified(pieces, { uri, sha256 });
      } catch (thrown) {
        throw thrown instanceof ParleyError ? thrown : reading(path, thrown);
      }
    },

    async stat(path) {
      return small.stat(checkArtifactPath(path)) ?? describe(path);
    },

    async ping() {
      try {
        await stat(objects);
        await mkdir(incoming, { recursive: true });
      } catch (thrown) {
        throw unavailable(dir, thrown);
      }
    },

    async close() {
      small.close();
    },
  };
}

function removeAbandoned(incoming: string): void {
  for (const name of readdirSync(incoming)) {
    const file = join(incoming, name);
    const since = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && since < Date.now() - ABANDONED) rmSync(file, { force: true });
  }
}

function conflict(path: string): ParleyError {
  return new ParleyError('CONFLICT', `${path} already holds other content`);
}

function isAbsent(thrown: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(thrown));
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

function unavailable(path: string, cause: unknown): ParleyError {
  if (cause instanceof ParleyError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ParleyError('UNAVAILABLE', `artifact ${path}: ${message}`, { cause });
}
