import {
  type Host,
  handleEvents,
  Resources,
  type Service,
  startRelay,
  TOPICS,
} from '@parley/platform';
import { InferenceService, SocietyChangedSchema } from '@parley/proto/inference';
import type { InferenceConfig } from './config.ts';
import { createContext, type InferenceContext, type InferenceOverrides } from './context.ts';
import { addEngineRoutes } from './routes/engines.ts';
import { addRevisionRoutes } from './routes/revisions.ts';
import { addSocietyRoutes } from './routes/societies.ts';
import { inferenceImplementation } from './rpc/implementation.ts';

/**
 * The inference service on a host: REST and gRPC are registered at once; engines are looked after from
 * `start` on, which returns when each has been looked at once, whether it is up or not.
 */
export async function createInference(
  host: Host,
  config: InferenceConfig,
  overrides: InferenceOverrides = {},
): Promise<Service> {
  const resources = new Resources();
  const context = await createContext(host, config, overrides, resources);
  addSocietyRoutes(host.http, context);
  addRevisionRoutes(host.http, context);
  addEngineRoutes(host.http, context);
  host.grpc.add(InferenceService, inferenceImplementation(context));
  return {
    start: () => startWork(context, resources),
    destroy: () => resources.release(),
  };
}

/** Tries of one event: a store may be away for a quarter of an hour. */
const ATTEMPTS = 1000;

async function startWork(context: InferenceContext, resources: Resources): Promise<void> {
  const { store, events, cache, pool, log } = context;
  await resources.acquire(
    'relay',
    () =>
      startRelay({
        store,
        events,
        onError: (err) => log.warn({ err }, 'events wait to be published'),
      }),
    (relay) => relay.close(),
  );
  await resources.acquire(
    'consumer of changed societies',
    () =>
      handleEvents(events, SocietyChangedSchema, {
        topic: TOPICS.societiesChanged,
        attempts: ATTEMPTS,
        handle: ({ society }) => cache.refresh(society),
      }),
    (subscription) => subscription.close(),
  );
  await cache.refreshAll();
  await pool.start();
}
