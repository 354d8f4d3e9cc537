import { type Log, ParleyError } from '@parley/platform';
import type { Dispatcher } from '../dispatcher.ts';
import type { Adapter } from '../domain/adapters.ts';
import type { Revision } from '../domain/revision.ts';
import type { AdapterLoaderOptions } from './adapter-loader.ts';
import type { Registry } from './registry.ts';
import type { SocietyCache } from './society-cache.ts';

/** Writes what became known of an adapter to the revisions in which it sits. */
export function createVerdicts({
  cache,
  registry,
  dispatcher,
  log,
}: {
  cache: SocietyCache;
  registry: Registry;
  dispatcher: Dispatcher;
  log: Log;
}): Pick<AdapterLoaderOptions, 'onVerified' | 'onBroken'> {
  const verified = new Set<string>();

  function* revisionsWith(adapter: Adapter): Iterable<Revision> {
    for (const { revisions } of cache.all())
      for (const revision of revisions)
        if (revision.agents.some(({ adapterSha256 }) => adapterSha256 === adapter.sha256))
          yield revision;
  }

  return {
    async onVerified(adapter) {
      verified.add(adapter.sha256);
      for (const { society, number, agents, verified: isKnown } of [...revisionsWith(adapter)]) {
        const isWhole = agents.every(
          ({ adapterSha256 }) => adapterSha256 === '' || verified.has(adapterSha256),
        );
        if (isKnown || !isWhole) continue;
        await registry.markVerified(society, number);
        await cache.refresh(society);
      }
    },

    async onBroken(adapter, reason) {
      for (const { society, number, broken } of [...revisionsWith(adapter)]) {
        if (broken !== '') continue;
        log.error({ society, revision: number, reason }, 'revision is broken');
        await registry.markBroken(society, number, reason);
        await cache.refresh(society);
      }
      const error = new ParleyError('FAILED_PRECONDITION', reason);
      dispatcher.refuse(adapter.name, error);
    },
  };
}
