import { invalid } from '../errors.ts';
import type { Store } from './port.ts';
import { openRedisStore } from './redis.ts';
import { openSqliteStore } from './sqlite.ts';

const REDIS = new Set(
  ['redis', 'rediss'].flatMap((name) => [`${name}:`, `${name}+cluster:`, `${name}+sentinel:`]),
);

/**
 * The store of a service at a URL: `sqlite:<path>`, `redis://…`, `redis+cluster://…`, `redis+sentinel://…`.
 * @throws ParleyError INVALID_ARGUMENT for another scheme; UNAVAILABLE when it cannot be opened.
 */
export async function openStore(url: string, options: { service: string }): Promise<Store> {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  const rest = url.slice(scheme.length);
  if (REDIS.has(scheme)) return openRedisStore(url, options);
  switch (scheme) {
    case 'sqlite:':
      if (rest === '') throw invalid('store', "'sqlite:' must be followed by the path of a file");
      return openSqliteStore(rest, options);
    default:
      throw invalid(
        'store',
        `'${scheme}' is not supported; use sqlite:<path>, redis://host:port, redis+cluster://host:port,… or redis+sentinel://host:port,…/master`,
      );
  }
}
