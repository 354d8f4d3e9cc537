import {
  type Host,
  type Relay,
  Resources,
  type Service,
  type Subscription,
  startRelay,
} from '@parley/platform';
import { DatasetService } from '@parley/proto/dataset';
import type { DatasetConfig } from './config.ts';
import { createContext, type DatasetOverrides } from './context.ts';
import { collectionRoutes } from './routes/collections.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { problemSetRoutes } from './routes/problem-sets.ts';
import { datasetRpc } from './rpc/dataset.ts';
import { consumeEndedDebates } from './work/consume.ts';

/**
 * The dataset service in a host: problem sets, collections of debates, and the datasets made of them. From
 * `start` on it counts ended debates and publishes its own events.
 */
export async function createDataset(
  host: Host,
  config: DatasetConfig,
  overrides: DatasetOverrides = {},
): Promise<Service> {
  const resources = new Resources();
  try {
    const context = await createContext(host, config, overrides, resources);
    const { store, events, log } = context;
    problemSetRoutes(host.http, context);
    collectionRoutes(host.http, context);
    datasetRoutes(host.http, context);
    host.grpc.add(DatasetService, datasetRpc(context));
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
          (relay: Relay) => relay.close(),
        );
        await resources.acquire(
          'ended debates',
          () => consumeEndedDebates(context),
          (subscription: Subscription) => subscription.close(),
        );
      },
      destroy: () => resources.release(),
    };
  } catch (thrown) {
    await resources.release();
    throw thrown;
  }
}
