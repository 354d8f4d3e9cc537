import { randomUUID } from 'node:crypto';
import {
  createGrpcClient,
  type GrpcClient,
  type Host,
  openPorts,
  type Ports,
  type Resources,
  type Runner,
  TOPICS,
} from '@parley/platform';
import { InferenceService } from '@parley/proto/inference';
import { VotingService } from '@parley/proto/voting';
import { type Societies, societyCache } from './adapters/societies.ts';
import type { DebateConfig } from './config.ts';
import { queueOf } from './domain/record.ts';
import type { Priority } from './domain/spec.ts';
import { type DebateMetrics, debateMetrics } from './metrics.ts';
import { LocalRuns } from './work/local-runs.ts';

/** The inference service, as far as debates need it. */
export type InferenceClient = Pick<GrpcClient<typeof InferenceService>, 'generate' | 'getSociety'>;

/** The voting service, as far as debates need it. */
export type VotingClient = Pick<GrpcClient<typeof VotingService>, 'tally'>;

/** What the service stands on. Given ones are used as they are and stay open at `destroy`. */
export type DebateOverrides = Partial<
  Ports & {
    inference: InferenceClient;
    voting: VotingClient;
  }
>;

/** Everything that the parts of the service share. */
export type DebateContext = Ports & {
  config: DebateConfig;
  log: Host['log'];
  inference: InferenceClient;
  voting: VotingClient;
  societies: Societies;
  metrics: DebateMetrics;
  /** This replica's name in leases. */
  holder: string;
  /** What runs debates, from the start of the service on. */
  runners: Map<Priority, Runner>;
  /** The debates that this replica runs. */
  local: LocalRuns;
  /** Aborted when this replica begins to stop. */
  closing: AbortSignal;
};

/** Opens what was not given; `resources` learns how it is closed. */
export async function createContext(
  host: Host,
  config: DebateConfig,
  overrides: DebateOverrides,
  resources: Resources,
): Promise<DebateContext> {
  const ports = await openPorts('debate', config, host, resources, {
    publishes: [TOPICS.debatesEnded],
    given: overrides,
  });
  const inference =
    overrides.inference ??
    (await resources.acquire(
      'inference client',
      () =>
        createGrpcClient(InferenceService, {
          address: config.inferenceAddress,
          defaultDeadlineMs: 30_000,
        }),
      (client) => client.close(),
    ));
  const voting =
    overrides.voting ??
    (await resources.acquire(
      'voting client',
      () =>
        createGrpcClient(VotingService, {
          address: config.votingAddress,
          defaultDeadlineMs: 10_000,
        }),
      (client) => client.close(),
    ));
  const context: DebateContext = {
    config,
    log: host.log,
    ...ports,
    inference,
    voting,
    societies: societyCache(inference),
    metrics: debateMetrics(host.metrics, {
      running: (priority) => context.runners.get(priority)?.running() ?? 0,
      queued: async (priority) => {
        const { queued, leased } = await ports.store.depth(queueOf(priority));
        return queued - leased;
      },
    }),
    holder: `debate-${randomUUID()}`,
    runners: new Map(),
    local: new LocalRuns(),
    closing: host.closing,
  };
  return context;
}
