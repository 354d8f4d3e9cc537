import {
  type Config,
  type Environment,
  envToConfig,
  PEER_SETTINGS,
  SERVICE_SETTINGS,
  type Settings,
} from '@parley/platform';
import { Type } from 'typebox';

/** What the dataset service is configured with. */
export const DATASET_SETTINGS = {
  ...SERVICE_SETTINGS,
  votingAddress: PEER_SETTINGS.votingAddress,
  sealMemoryBytes: {
    variable: 'PARLEY_DATASET_SEAL_MEMORY_BYTES',
    schema: Type.Integer({
      minimum: 0,
      default: 256 * 1024 * 1024,
      description:
        'Bytes of transcripts that a sealing keeps between its two passes; the rest is read from the artifacts twice.',
    }),
  },
} as const satisfies Settings;

export type DatasetConfig = Config<typeof DATASET_SETTINGS>;

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToDatasetConfig(environment: Environment): DatasetConfig {
  return envToConfig(environment, DATASET_SETTINGS);
}
