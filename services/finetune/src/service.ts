import { type Host, Resources, runLeased, type Service, startRelay } from '@parley/platform';
import { FinetuneService } from '@parley/proto/finetune';
import type { FinetuneConfig } from './config.ts';
import { createContext, type FinetuneOverrides } from './context.ts';
import { cycleRoutes } from './routes/cycles.ts';
import { evaluationRoutes } from './routes/evaluations.ts';
import { finetuneRpc } from './rpc/finetune.ts';
import { followCollections } from './work/filled.ts';
import { runCycle } from './work/run-cycle.ts';
import { QUEUE } from './work/stored.ts';

/** Cycles that one replica goes on with at once; they mostly wait. */
const CONCURRENCY = 8;

/**
 * The finetune service in a host. `start` begins to publish, to listen and to run cycles; `destroy` hands
 * the cycles back, stops their training jobs and closes everything that the service opened.
 */
export async function createFinetune(
  host: Host,
  config: FinetuneConfig,
  overrides: FinetuneOverrides = {},
): Promise<Service> {
  const resources = new Resources();
  try {
    const context = await createContext(host, config, overrides, resources);
    const { store, events, log } = context;
    cycleRoutes(host.http, context, host.closing);
    evaluationRoutes(host.http, context);
    host.grpc.add(FinetuneService, finetuneRpc(context));
    return {
      async start() {
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
          'consumer',
          () => followCollections(context),
          (subscription) => subscription.close(),
        );
        await resources.acquire(
          'runner',
          () =>
            runLeased({
              store,
              queue: QUEUE,
              holder: context.holder,
              concurrency: CONCURRENCY,
              ttl: context.timing.lease,
              run: (lease, signal) => runCycle(context, lease, signal),
              onError: (error, lease) =>
                log.error({ err: error, cycle: lease?.id }, 'a cycle cannot go on for now'),
            }),
          (runner) => runner.close(),
        );
      },
      destroy: () => resources.release(),
    };
  } catch (error) {
    await resources.release();
    throw error;
  }
}
