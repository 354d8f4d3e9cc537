import { ParleyError, type Reason } from '@parley/platform';
import type { Adapter } from '../domain/adapters.ts';
import { type AdapterRules, adapterFault } from './adapter-check.ts';
import type { AdapterFetcherClient } from './adapter-fetcher-client.ts';
import type { AdapterFolders } from './adapter-folders.ts';

/** Where engines get adapters from. */
export type AdapterSource = {
  /**
   * Why no engine may load an adapter, or undefined.
   * @throws ParleyError when that cannot be told now, through no fault of the adapter.
   */
  fault(adapter: Adapter): Promise<string | undefined>;
  /** The adapter's folder as an engine sees it. @throws ParleyError when it cannot be brought there now. */
  path(engineUrl: string, adapter: Adapter): Promise<string>;
  /** Breaks off what is under way. */
  close(): Promise<void>;
};

/** Why an adapter cannot be fetched now or ever. */
const LOST: readonly Reason[] = ['NOT_FOUND', 'DATA_CORRUPT', 'INVALID_ARGUMENT'];
/** Adapters whose check is remembered. */
const REMEMBERED = 10_000;

/**
 * Adapters from the artifacts. Engines read the folders in which this process puts them, or, with a fetcher beside
 * each engine, those in which the fetcher puts them; then an adapter is here for its check only.
 */
export function createAdapterSource({
  folders,
  rules,
  fetchers,
}: {
  folders: AdapterFolders;
  rules: AdapterRules;
  fetchers?: AdapterFetcherClient | undefined;
}): AdapterSource {
  const checks = new Map<string, Promise<string | undefined>>();

  async function check(adapter: Adapter): Promise<string | undefined> {
    const look = (path: string) => adapterFault(path, adapter.base, rules);
    try {
      return await (fetchers ? folders.borrow(adapter, look) : look(await folders.path(adapter)));
    } catch (thrown) {
      const { reason, message } = ParleyError.from(thrown);
      if (LOST.includes(reason)) return `it cannot be fetched: ${message}`;
      throw thrown;
    }
  }

  return {
    fault(adapter) {
      const key = `${adapter.sha256} ${adapter.base}`;
      let fault = checks.get(key);
      if (fault === undefined) {
        fault = check(adapter);
        const [oldest] = checks.keys();
        if (checks.size >= REMEMBERED && oldest !== undefined) checks.delete(oldest);
        checks.set(key, fault);
        fault.catch(() => checks.delete(key));
      }
      return fault;
    },

    path: (engineUrl, adapter) =>
      fetchers ? fetchers.fetch(engineUrl, adapter) : folders.path(adapter),

    async close() {
      folders.close();
      await fetchers?.close();
    },
  };
}
