import { invalid } from '../errors.ts';
import { openKafkaEvents } from './kafka.ts';
import type { Events, EventsOptions } from './port.ts';
import { openSqliteEvents } from './sqlite.ts';

/**
 * The event log at a URL: `sqlite:<path>`, or Kafka at `kafka://host:port,…` and, with TLS,
 * `kafkas://user:password@host:port,…?sasl=scram-sha-512&ca=<path>`.
 * @throws ParleyError INVALID_ARGUMENT for another scheme; UNAVAILABLE when it cannot be opened.
 */
export async function openEvents(url: string, options: EventsOptions = {}): Promise<Events> {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  const rest = url.slice(scheme.length);
  switch (scheme) {
    case 'sqlite:':
      if (rest === '') throw invalid('events', "'sqlite:' must be followed by the path of a file");
      return openSqliteEvents(rest);
    case 'kafka:':
    case 'kafkas:':
      return openKafkaEvents(url, options);
    default:
      throw invalid(
        'events',
        `'${scheme}' is not supported; use sqlite:<path>, kafka://<host>:<port> or kafkas://<host>:<port>`,
      );
  }
}
