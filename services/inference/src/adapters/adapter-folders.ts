import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ArtifactRef, type Artifacts, fetchFolder } from '@parley/platform';

/** Adapters as folders that engines can read: one for each digest, never changed and never deleted. */
export type AdapterFolders = {
  /** The absolute path of the adapter's folder, which is complete. @throws as `fetchFolder`. */
  path(ref: ArtifactRef): Promise<string>;
};

/** Adapter folders under `dir`. An engine that reloads an adapter whose folder is gone dies: none is deleted. */
export function createAdapterFolders(artifacts: Artifacts, dir: string): AdapterFolders {
  const root = resolve(dir);
  const fetching = new Map<string, Promise<string>>();

  async function fetched(ref: ArtifactRef): Promise<string> {
    const path = join(root, ref.sha256);
    await mkdir(root, { recursive: true });
    await fetchFolder(artifacts, ref, path);
    return path;
  }

  return {
    path(ref) {
      let path = fetching.get(ref.sha256);
      if (path === undefined) {
        path = fetched(ref).finally(() => fetching.delete(ref.sha256));
        fetching.set(ref.sha256, path);
      }
      return path;
    },
  };
}
