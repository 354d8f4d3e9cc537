import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type ArtifactRef,
  type Artifacts,
  fetchFolder,
  folderDigest,
  ParleyError,
} from '@parley/platform';
import { Turns } from '../domain/turns.ts';

/**
 * Adapters as folders that engines can read: one for each digest, never changed. None is deleted: an engine that
 * reads an adapter again after it has dropped it, and finds no folder, dies.
 */
export type AdapterFolders = {
  /**
   * The absolute path of the adapter's folder, which is complete and has the reference's digest.
   * @throws ParleyError NOT_FOUND or DATA_CORRUPT when the artifacts do not have it; UNAVAILABLE when they or the
   * disk are away; DEADLINE_EXCEEDED when it takes too long; OVERLOADED when too many wait.
   */
  path(ref: ArtifactRef): Promise<string>;
  /** Lets `read` look at the adapter in a folder that is deleted afterwards. @throws as `path`, and what `read` throws. */
  borrow<T>(ref: ArtifactRef, read: (path: string) => Promise<T>): Promise<T>;
  /** Breaks off what is being fetched. */
  close(): void;
};

/** Adapters that are fetched at once, and those that may wait for their turn. */
const AT_ONCE = 4;
const WAITING = 4096;
/** Milliseconds in which an adapter must have been fetched. */
const FETCH_MS = 600_000;
/** Milliseconds after which an unfinished folder was left behind by a process that died. */
const ABANDONED = 24 * 3_600_000;
const UNFINISHED = /^[0-9a-f]{64}\..*\.part$/;

/** Adapter folders under `dir`, which several processes may share. */
export function createAdapterFolders(artifacts: Artifacts, dir: string): AdapterFolders {
  const root = resolve(dir);
  const closing = new AbortController();
  const turns = new Turns(AT_ONCE, WAITING);
  const fetching = new Map<string, Promise<string>>();
  const intact = new Set<string>();
  let prepared: Promise<void> | undefined;

  /** Runs a fetch when it is its turn. */
  async function fetched<T>(
    ref: ArtifactRef,
    work: (bounded: Artifacts) => Promise<T>,
  ): Promise<T> {
    return turns.run(async () => {
      closing.signal.throwIfAborted();
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(FETCH_MS)]);
      try {
        prepared ??= prepare(root);
        await prepared.catch((thrown: unknown) => {
          prepared = undefined;
          throw thrown;
        });
        return await work(until(artifacts, signal));
      } catch (thrown) {
        throw explained(thrown, ref, root);
      }
    });
  }

  async function complete(ref: ArtifactRef, bounded: Artifacts): Promise<string> {
    const path = join(root, ref.sha256);
    if (!intact.has(ref.sha256) && (await isDamaged(path, ref))) {
      const temporary = unfinished(path);
      await fetchFolder(bounded, ref, temporary);
      await rename(path, unfinished(path));
      await rename(temporary, path);
    }
    await fetchFolder(bounded, ref, path);
    intact.add(ref.sha256);
    return path;
  }

  return {
    path(ref) {
      let path = fetching.get(ref.sha256);
      if (path === undefined) {
        path = fetched(ref, (bounded) => complete(ref, bounded)).finally(() =>
          fetching.delete(ref.sha256),
        );
        fetching.set(ref.sha256, path);
      }
      return path;
    },

    borrow(ref, read) {
      return fetched(ref, async (bounded) => {
        const temporary = unfinished(join(root, ref.sha256));
        try {
          await fetchFolder(bounded, ref, temporary);
          return await read(temporary);
        } finally {
          await rm(temporary, { recursive: true, force: true });
        }
      });
    },

    close: () => closing.abort(new ParleyError('UNAVAILABLE', 'the process is shutting down')),
  };
}

function unfinished(path: string): string {
  return `${path}.${randomUUID()}.part`;
}

/** Makes the folder of adapters, and removes what fetches that were cut off have left in it. */
async function prepare(root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const name of await readdir(root)) {
    if (!UNFINISHED.test(name)) continue;
    const path = join(root, name);
    const since = (await stat(path).catch(() => undefined))?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (since < Date.now() - ABANDONED) await rm(path, { recursive: true, force: true });
  }
}

/** Whether a folder that is there is another than the reference means: a disk that was full, a crash. */
async function isDamaged(path: string, { sha256 }: ArtifactRef): Promise<boolean> {
  const names = await readdir(path).catch(() => []);
  return names.length > 0 && (await folderDigest(path)) !== sha256;
}

/** The artifacts, whose streams end with an error once the signal is aborted. */
function until(artifacts: Artifacts, signal: AbortSignal): Artifacts {
  return {
    ...artifacts,
    async *stream(ref) {
      for await (const piece of artifacts.stream(ref)) {
        signal.throwIfAborted();
        yield piece;
      }
    },
  };
}

function explained(thrown: unknown, { uri }: ArtifactRef, root: string): ParleyError {
  if (thrown instanceof Error && 'syscall' in thrown)
    return new ParleyError('UNAVAILABLE', `${uri} cannot be put into ${root}: ${thrown.message}`, {
      cause: thrown,
    });
  const error = ParleyError.from(thrown);
  if (error.reason !== 'DEADLINE_EXCEEDED') return error;
  const seconds = FETCH_MS / 1000;
  return new ParleyError('DEADLINE_EXCEEDED', `${uri} was not fetched within ${seconds} seconds`, {
    cause: thrown,
  });
}
