import {
  type Environment,
  envToConfig,
  SERVICE_VARIABLES,
  ServiceSettings,
} from '@parley/platform';
import { type Static, Type } from 'typebox';

const Address = Type.String({ pattern: '^[^\\s/:]+:\\d{1,5}$', default: '127.0.0.1:9090' });

const DebateSettings = Type.Object({
  ...ServiceSettings.properties,
  inferenceAddress: Address,
  votingAddress: Address,
  interactiveConcurrency: Type.Integer({ minimum: 1, maximum: 100_000, default: 256 }),
  batchConcurrency: Type.Integer({ minimum: 1, maximum: 100_000, default: 128 }),
  outageSeconds: Type.Number({ minimum: 0, maximum: 86_400, default: 600 }),
});

/**
 * What the debate service is configured with. Addresses are host:port of gRPC. Concurrencies are debates
 * run at once by this replica. `outageSeconds`: how long a call waits for an inference that is overloaded
 * or away.
 */
export type DebateConfig = Readonly<Static<typeof DebateSettings>>;

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToDebateConfig(environment: Environment): DebateConfig {
  return envToConfig(environment, DebateSettings, {
    ...SERVICE_VARIABLES,
    inferenceAddress: 'PARLEY_INFERENCE_ADDRESS',
    votingAddress: 'PARLEY_VOTING_ADDRESS',
    interactiveConcurrency: 'PARLEY_DEBATE_INTERACTIVE_CONCURRENCY',
    batchConcurrency: 'PARLEY_DEBATE_BATCH_CONCURRENCY',
    outageSeconds: 'PARLEY_DEBATE_OUTAGE_SECONDS',
  });
}
