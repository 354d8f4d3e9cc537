import { type Host, openPorts, type Ports, type Resources, TOPICS } from '@parley/platform';
import { type Collections, createCollections } from './adapters/collections.ts';
import { createDatasets, type Datasets } from './adapters/datasets.ts';
import { createGrader, type Grader } from './adapters/grader.ts';
import { createProblemSets, type ProblemSets } from './adapters/problem-sets.ts';
import type { DatasetConfig } from './config.ts';
import { createDatasetMetrics, type DatasetMetrics } from './metrics.ts';

/** What the service stands on. Given ones are used as they are and stay open at `destroy`. */
export type DatasetOverrides = Partial<
  Ports & {
    grader: Grader;
    now: () => number;
  }
>;

/** Everything that the parts of the service share. */
export type DatasetContext = Ports & {
  log: Host['log'];
  metrics: DatasetMetrics;
  grader: Grader;
  problemSets: ProblemSets;
  collections: Collections;
  datasets: Datasets;
  sealMemoryBytes: number;
  now: () => number;
};

/** Opens what was not given; `resources` learns how it is closed. */
export async function createContext(
  host: Host,
  config: DatasetConfig,
  overrides: DatasetOverrides,
  resources: Resources,
): Promise<DatasetContext> {
  const { store, events, artifacts } = await openPorts('dataset', config, host, resources, {
    publishes: [TOPICS.collectionsFilled, TOPICS.datasetsSealed],
    given: overrides,
  });
  const grader =
    overrides.grader ??
    (await resources.acquire(
      'voting client',
      () => createGrader(config.votingAddress),
      (client) => client.close(),
    ));
  const now = overrides.now ?? Date.now;
  const problemSets = createProblemSets(store, artifacts, now);
  return {
    log: host.log,
    metrics: createDatasetMetrics(host.metrics),
    store,
    events,
    artifacts,
    grader,
    problemSets,
    collections: createCollections(store, problemSets, now),
    datasets: createDatasets(store),
    sealMemoryBytes: config.sealMemoryBytes,
    now,
  };
}
