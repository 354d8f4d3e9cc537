import {
  type Host,
  handleEvents,
  type Lease,
  type ParleyError,
  Resources,
  runLeased,
  type Service,
  startRelay,
  TOPICS,
} from '@parley/platform';
import { DebatesRequestedSchema } from '@parley/proto/debate';
import { SocietyChangedSchema } from '@parley/proto/inference';
import type { DebateConfig } from './config.ts';
import { createContext, type DebateContext, type DebateOverrides } from './context.ts';
import { BATCH_KEPT } from './domain/batch.ts';
import { queueOf } from './domain/record.ts';
import { PRIORITIES } from './domain/spec.ts';
import { addBatchRoutes } from './routes/batches.ts';
import { addDebateRoutes } from './routes/debates.ts';
import { addDebateRpc } from './rpc/debate.ts';
import { batchOf } from './rpc/messages.ts';
import { LEASE_TTL_MS } from './work/accept.ts';
import { sweepBatch } from './work/batch-cancel.ts';
import { takeBatch } from './work/batch-intake.ts';
import { runBatch } from './work/batch-run.ts';
import { runDebate } from './work/run.ts';

/** Batches whose debates one replica creates at once. */
const BATCHES_AT_ONCE = 4;
/** Cancelled batches whose debates one replica cancels at once. */
const SWEEPS_AT_ONCE = 2;
/** Tries of one event before it is a dead letter: a store may be away for a quarter of an hour. */
const ATTEMPTS = 1000;

/**
 * The debate service on a host: REST and gRPC are registered at once, debates are run and events consumed
 * from `start` on. `drain` waits for the calls that are under way and hands back what is not finished; another
 * replica goes on with it.
 */
export async function createDebate(
  host: Host,
  config: DebateConfig,
  overrides: DebateOverrides = {},
): Promise<Service> {
  const resources = new Resources();
  const context = await createContext(host, config, overrides, resources);
  addDebateRoutes(host.http, context);
  addBatchRoutes(host.http, context);
  addDebateRpc(host.grpc, context);
  return {
    start: () => startWork(context, resources),
    async drain() {
      await Promise.all(Array.from(context.runners.values(), (runner) => runner.close()));
    },
    destroy: () => resources.release(),
  };
}

async function startWork(context: DebateContext, resources: Resources): Promise<void> {
  const { store, events, config, holder, log } = context;
  const onError = (error: ParleyError, lease?: Lease) => {
    if (error.reason !== 'CANCELLED') log.warn({ err: error, work: lease?.id }, 'work interrupted');
  };
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
  const common = { store, holder, ttl: LEASE_TTL_MS, onError };
  for (const priority of PRIORITIES) {
    const runner = runLeased({
      ...common,
      queue: queueOf(priority),
      concurrency: priority === 'batch' ? config.batchConcurrency : config.interactiveConcurrency,
      drain: config.drainSeconds * 1000,
      run: (lease, signal, hold) =>
        context.local.running(lease.id, () => runDebate(context, lease, signal, hold)),
    });
    context.runners.set(priority, runner);
    resources.add(`runner of ${priority} debates`, () => runner.close());
  }
  await resources.acquire(
    'runner of batches',
    () =>
      runLeased({
        ...common,
        queue: BATCH_KEPT.queue,
        concurrency: BATCHES_AT_ONCE,
        run: (lease, signal) => runBatch(context, lease, signal),
      }),
    (runner) => runner.close(),
  );
  await resources.acquire(
    'runner of cancelled batches',
    () =>
      runLeased({
        ...common,
        queue: BATCH_KEPT.sweeps,
        concurrency: SWEEPS_AT_ONCE,
        run: (lease, signal) => sweepBatch(context, lease, signal),
      }),
    (runner) => runner.close(),
  );
  await resources.acquire(
    'consumer of requested debates',
    () =>
      handleEvents(events, DebatesRequestedSchema, {
        topic: TOPICS.debatesRequested,
        group: 'debate',
        attempts: ATTEMPTS,
        handle: (message) => takeBatch(context, message.batch, () => batchOf(message)),
      }),
    (subscription) => subscription.close(),
  );
  await resources.acquire(
    'consumer of changed societies',
    () =>
      handleEvents(events, SocietyChangedSchema, {
        topic: TOPICS.societiesChanged,
        handle: async ({ society }) => context.societies.forget(society),
      }),
    (subscription) => subscription.close(),
  );
}
