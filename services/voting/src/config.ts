import {
  type Config,
  type Environment,
  envToConfig,
  GrpcAddress,
  HOST_SETTINGS,
  type Settings,
} from '@parley/platform';
import { Type } from 'typebox';

const address = GrpcAddress as { pattern?: string };

/** What the voting service is configured with. */
export const VOTING_SETTINGS = {
  ...HOST_SETTINGS,
  inferenceAddress: {
    variable: 'PARLEY_INFERENCE_ADDRESS',
    schema: Type.String({
      pattern: `^$|${address.pattern}`,
      default: '',
      description:
        'The gRPC of inference, in the forms of the other services: whom votes with a judge ask. Without it they are refused as `NOT_CONFIGURED`.',
    }),
  },
  symbolicWorkers: {
    variable: 'PARLEY_SYMBOLIC_WORKERS',
    schema: Type.Integer({
      minimum: 1,
      maximum: 16,
      default: 2,
      description:
        'Threads that compare what is neither the same text nor the same number; each takes a core while it has work.',
    }),
  },
  symbolicDeadlineMs: {
    variable: 'PARLEY_SYMBOLIC_DEADLINE_MS',
    schema: Type.Integer({
      minimum: 10,
      maximum: 60_000,
      default: 250,
      description:
        'Milliseconds that a thread may take for one pair. A pair that takes longer is unknown, which counts as different, and its thread is replaced.',
    }),
  },
  symbolicQueue: {
    variable: 'PARLEY_SYMBOLIC_QUEUE',
    schema: Type.Integer({
      minimum: 64,
      maximum: 1_000_000,
      default: 10_000,
      description:
        'Pairs of all requests that may wait for a thread, 64 of each request at most; a request beyond that is refused as `OVERLOADED`.',
    }),
  },
  bodyLimit: {
    variable: 'PARLEY_VOTING_BODY_LIMIT',
    schema: Type.Integer({
      minimum: 1024,
      maximum: 256 * 1024 * 1024,
      default: 32 * 1024 * 1024,
      description:
        'Bytes of one REST request to `/v1/votes`, `/v1/grades` and `/v1/extractions`; a larger one is refused as `LIMIT_EXCEEDED`.',
    }),
  },
} as const satisfies Settings;

export type VotingConfig = Config<typeof VOTING_SETTINGS>;

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToVotingConfig(environment: Environment): VotingConfig {
  return envToConfig(environment, VOTING_SETTINGS);
}
