import { createHash, hash, randomUUID } from 'node:crypto';
import {
  createReadStream,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ParleyError } from '../errors.ts';
import { checkArtifactPath, checkArtifactUri } from './path.ts';
import { type Artifacts, artifactUri, type StoredArtifact } from './port.ts';
import { verified } from './verify.ts';

/** Up to this size a file is read and written at once: cheaper than four trips through the thread pool. */
const AT_ONCE = 256 * 1024;

/** Milliseconds after which an unfinished object was left behind by a process that died. */
const ABANDONED = 3_600_000;

/**
 * Artifacts in a folder: objects under `objects/`, those on their way under `incoming/`. An object appears
 * whole or not at all, and survives the end of the process. A path that another object's path continues
 * is a CONFLICT, for it would have to be a file and a folder.
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

  /** Gives a complete file its name, or finds the same content there. */
  async function place(temporary: string, stored: StoredArtifact, path: string): Promise<void> {
    const target = join(objects, path);
    try {
      try {
        linkSync(temporary, target);
      } catch (thrown) {
        if (codeOf(thrown) !== 'ENOENT') throw thrown;
        mkdirSync(dirname(target), { recursive: true });
        linkSync(temporary, target);
      }
    } catch (thrown) {
      if (!['EEXIST', 'ENOTDIR'].includes(codeOf(thrown))) throw unavailable(path, thrown);
      const there = await describe(path);
      if (there?.sha256 !== stored.sha256)
        throw new ParleyError('CONFLICT', `${path} already holds other content`);
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
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(thrown))) return undefined;
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
      const stored = { uri: artifactUri(path), sha256: digest.digest('hex'), bytes };
      await place(temporary, stored, path);
      return stored;
    } finally {
      await unlink(temporary).catch(() => {});
    }
  }

  async function* putPieces(content: Uint8Array) {
    for (let at = 0; at < content.byteLength; at += AT_ONCE)
      yield content.subarray(at, at + AT_ONCE);
  }

  async function putSmall(path: string, content: Uint8Array): Promise<StoredArtifact> {
    const temporary = join(incoming, randomUUID());
    try {
      writeFileSync(temporary, content, { flag: 'wx' });
    } catch (thrown) {
      throw unavailable(path, thrown);
    }
    try {
      const sha256 = hash('sha256', content, 'hex');
      const stored = { uri: artifactUri(path), sha256, bytes: content.byteLength };
      await place(temporary, stored, path);
      return stored;
    } finally {
      unlinkSync(temporary);
    }
  }

  function reading(path: string, thrown: unknown): ParleyError {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(thrown)))
      return new ParleyError('NOT_FOUND', `there is no artifact ${path}`);
    return unavailable(path, thrown);
  }

  return {
    async put(path, content) {
      checkArtifactPath(path);
      if (!(content instanceof Uint8Array)) return putStream(path, content);
      if (content.byteLength > AT_ONCE) return putStream(path, putPieces(content));
      return putSmall(path, content);
    },

    async get({ uri, sha256 }) {
      const path = checkArtifactUri(uri);
      let content: Uint8Array;
      try {
        const file = join(objects, path);
        content = statSync(file).size <= AT_ONCE ? readFileSync(file) : await readFile(file);
      } catch (thrown) {
        throw reading(path, thrown);
      }
      if (sha256 !== undefined && hash('sha256', content, 'hex') !== sha256)
        throw new ParleyError('DATA_CORRUPT', `${uri} does not have the digest ${sha256}`);
      return content;
    },

    async *stream({ uri, sha256 }) {
      const path = checkArtifactUri(uri);
      const pieces = createReadStream(join(objects, path)) as AsyncIterable<Uint8Array>;
      try {
        yield* sha256 === undefined ? pieces : verified(pieces, { uri, sha256 });
      } catch (thrown) {
        throw thrown instanceof ParleyError ? thrown : reading(path, thrown);
      }
    },

    async stat(path) {
      return describe(checkArtifactPath(path));
    },

    async ping() {
      try {
        await stat(objects);
        await mkdir(incoming, { recursive: true });
      } catch (thrown) {
        throw unavailable(dir, thrown);
      }
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

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

function unavailable(path: string, cause: unknown): ParleyError {
  if (cause instanceof ParleyError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ParleyError('UNAVAILABLE', `artifact ${path}: ${message}`, { cause });
}
