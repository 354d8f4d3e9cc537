import {
  type Config,
  type Environment,
  envToConfig,
  PEER_SETTINGS,
  SERVICE_SETTINGS,
  type Settings,
} from '@parley/platform';
import { Type } from 'typebox';

/** What the debate service is configured with. */
export const DEBATE_SETTINGS = {
  ...SERVICE_SETTINGS,
  inferenceAddress: PEER_SETTINGS.inferenceAddress,
  votingAddress: PEER_SETTINGS.votingAddress,
  interactiveConcurrency: {
    variable: 'PARLEY_DEBATE_INTERACTIVE_CONCURRENCY',
    schema: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 256,
      description: 'Interactive debates that a replica runs at once; more wait in the queue.',
    }),
  },
  batchConcurrency: {
    variable: 'PARLEY_DEBATE_BATCH_CONCURRENCY',
    schema: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 128,
      description: 'Debates of batches that a replica runs at once, beside the interactive ones.',
    }),
  },
  batchQueue: {
    variable: 'PARLEY_DEBATE_BATCH_QUEUE',
    schema: Type.Integer({
      minimum: 200,
      maximum: 10_000_000,
      default: 100_000,
      description:
        'Debates of batches that may wait in the queue, of all batches together; beyond, batches wait to create theirs. Each takes about 1.2 KB of the store, to which the own prompts of its society are added.',
    }),
  },
  outageSeconds: {
    variable: 'PARLEY_DEBATE_OUTAGE_SECONDS',
    schema: Type.Number({
      minimum: 0,
      maximum: 86_400,
      default: 600,
      description:
        'Seconds that a call waits for an inference that is overloaded or away before its agent counts as absent, and that a debate without a deadline waits for its vote.',
    }),
  },
} as const satisfies Settings;

export type DebateConfig = Config<typeof DEBATE_SETTINGS>;

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToDebateConfig(environment: Environment): DebateConfig {
  return envToConfig(environment, DEBATE_SETTINGS);
}
