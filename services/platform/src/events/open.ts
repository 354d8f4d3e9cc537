import { invalid } from '../errors.ts';
import type { Events } from './port.ts';
import { openSqliteEvents } from './sqlite.ts';

/**
 * The event log at a URL: `sqlite:<path>`.
 * @throws ParleyError INVALID_ARGUMENT for another scheme; UNAVAILABLE when it cannot be opened.
 */
export async function openEvents(url: string): Promise<Events> {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  const rest = url.slice(scheme.length);
  switch (scheme) {
    case 'sqlite:':
      if (rest === '') throw invalid('events', "'sqlite:' must be followed by the path of a file");
      return openSqliteEvents(rest);
    default:
      throw invalid('events', `'${url}' is not supported; use sqlite:<path>`);
  }
}
