import { invalid } from '../errors.ts';
import type { Store } from './port.ts';
import { openSqliteStore } from './sqlite.ts';

/**
 * The store of a service at a URL: `sqlite:<path>`.
 * @throws ParleyError INVALID_ARGUMENT for another scheme; UNAVAILABLE when it cannot be opened.
 */
export async function openStore(url: string, options: { service: string }): Promise<Store> {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  const rest = url.slice(scheme.length);
  switch (scheme) {
    case 'sqlite:':
      if (rest === '') throw invalid('store', "'sqlite:' must be followed by the path of a file");
      return openSqliteStore(rest, options);
    default:
      throw invalid('store', `'${url}' is not supported; use sqlite:<path>`);
  }
}
