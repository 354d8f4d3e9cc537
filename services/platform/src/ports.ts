import { openArtifacts } from './artifacts/open.ts';
import type { Artifacts } from './artifacts/port.ts';
import type { ServiceConfig } from './config.ts';
import { openEvents } from './events/open.ts';
import type { Events } from './events/port.ts';
import type { Host } from './host.ts';
import type { Resources } from './lifecycle.ts';
import { withFormats } from './store/formats.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/port.ts';

/** What a service keeps its state in. */
export type Ports = { store: Store; events: Events; artifacts: Artifacts };

/**
 * Opens the ports that a service is configured with and makes the host's readiness depend on them: without its
 * store it can do nothing; events and artifacts that are away for a while are waited for by what needs them.
 * @param options.publishes the topics that the service publishes to.
 * @param options.given ports that are used as they are and stay open when `resources` is released.
 */
export async function openPorts(
  service: string,
  config: Pick<ServiceConfig, 'store' | 'events' | 'artifacts'>,
  host: Host,
  resources: Resources,
  { publishes, given = {} }: { publishes: readonly string[]; given?: Partial<Ports> },
): Promise<Ports> {
  const close = (opened: { close(): Promise<void> }) => opened.close();
  const onWarning = (message: string) => host.log.warn(message);
  const store =
    given.store ??
    (await resources.acquire(
      'store',
      async () => withFormats(await openStore(config.store, { service })),
      close,
    ));
  const events =
    given.events ??
    (await resources.acquire(
      'events',
      () => openEvents(config.events, { publishes, onWarning }),
      close,
    ));
  const artifacts =
    given.artifacts ??
    (await resources.acquire('artifacts', () => openArtifacts(config.artifacts), close));
  const ports = { store, events: withLag(events, host), artifacts };
  for (const [name, port] of Object.entries(ports)) {
    const needed = name === 'store' ? 'always' : 'once';
    host.addReadiness({ name: `${service} ${name}`, needed, check: () => port.ping() });
  }
  return ports;
}

/** The event log, of which the host measures the lag of every group that subscribes. */
function withLag(events: Events, host: Host): Events {
  return {
    ...events,
    subscribe(options) {
      const { topic, group } = options;
      if (group !== undefined) host.addLag({ topic, group, lag: () => events.lag(topic, group) });
      return events.subscribe(options);
    },
  };
}
