import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import { type Host, openPorts, type Ports, type Resources, TOPICS } from '@parley/platform';
import { connectDataset, type DatasetClient } from './adapters/dataset.ts';
import { connectDebate, type DebateClient } from './adapters/debate.ts';
import { connectInference, type InferenceClient } from './adapters/inference.ts';
import { createLocalTrainer } from './adapters/local-trainer.ts';
import type { TrainerLauncher } from './adapters/trainer-launcher.ts';
import { connectVoting, type VotingClient } from './adapters/voting.ts';
import type { FinetuneConfig } from './config.ts';
import { type FinetuneMetrics, finetuneMetrics } from './metrics.ts';
import { createSlots, type Slots } from './work/concurrent.ts';
import { countOf } from './work/stored.ts';

/** Milliseconds that decide how soon things are noticed. */
export type Timing = {
  /** How long a cycle's lease lasts. */
  lease: number;
  /** Between two looks at a collection that fills. */
  poll: number;
  /** Within which a run notices that another process paused or cancelled its cycle. */
  notice: number;
};

/** What the service stands on. Given ones are used as they are and stay open at `destroy`. */
export type FinetuneOverrides = Partial<
  Ports & {
    dataset: DatasetClient;
    debate: DebateClient;
    inference: InferenceClient;
    voting: VotingClient;
    launcher: TrainerLauncher;
    timing: Partial<Timing>;
    now: () => number;
  }
>;

/** Everything that the parts of the service share. */
export type FinetuneContext = Ports & {
  log: Host['log'];
  dataset: DatasetClient;
  debate: DebateClient;
  inference: InferenceClient;
  voting: VotingClient;
  /** Absent when no trainer is configured. */
  launcher: TrainerLauncher | undefined;
  /** Training jobs at once, over all cycles of this replica. */
  slots: Slots;
  metrics: FinetuneMetrics;
  timing: Timing;
  /** This replica's name in leases. */
  holder: string;
  /** Emits the id of a collection when it was filled. */
  filled: EventEmitter;
  /** Internal errors in a row by cycle. */
  failures: Map<string, number>;
  now: () => number;
};

/** Opens what was not given; `resources` learns how it is closed. */
export async function createContext(
  host: Host,
  config: FinetuneConfig,
  overrides: FinetuneOverrides,
  resources: Resources,
): Promise<FinetuneContext> {
  async function opened<T>(
    name: string,
    given: T | undefined,
    open: () => Promise<T> | T,
    close: (resource: T) => Promise<void> | void,
  ): Promise<T> {
    return given ?? resources.acquire(name, open, close);
  }
  const closing = (resource: { close(): Promise<void> | void }) => resource.close();
  const ports = await openPorts('finetune', config, host, resources, {
    publishes: [TOPICS.debatesRequested, TOPICS.cyclesChanged],
    given: overrides,
  });
  const { store, artifacts } = ports;
  const { datasetAddress, debateAddress, inferenceAddress, votingAddress, trainer, trainerDir } =
    config;
  return {
    log: host.log,
    ...ports,
    dataset: await opened(
      'dataset client',
      overrides.dataset,
      () => connectDataset(datasetAddress),
      closing,
    ),
    debate: await opened(
      'debate client',
      overrides.debate,
      () => connectDebate(debateAddress),
      closing,
    ),
    inference: await opened(
      'inference client',
      overrides.inference,
      () => connectInference(inferenceAddress),
      closing,
    ),
    voting: await opened(
      'voting client',
      overrides.voting,
      () => connectVoting(votingAddress),
      closing,
    ),
    launcher:
      overrides.launcher ??
      (trainer === undefined
        ? undefined
        : await resources.acquire(
            'trainer',
            () => createLocalTrainer({ command: trainer, dir: trainerDir, artifacts }),
            closing,
          )),
    slots: createSlots(config.trainerParallelism ?? Math.max(1, availableParallelism() - 1)),
    metrics: finetuneMetrics(host.metrics, (status) => countOf(store, status)),
    timing: { lease: 15_000, poll: 1_000, notice: 2_000, ...overrides.timing },
    holder: `finetune-${randomUUID()}`,
    filled: new EventEmitter().setMaxListeners(0),
    failures: new Map(),
    now: overrides.now ?? Date.now,
  };
}
