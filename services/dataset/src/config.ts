import {
  type Environment,
  envToConfig,
  SERVICE_VARIABLES,
  ServiceSettings,
} from '@parley/platform';
import { type Static, Type } from 'typebox';

const DatasetSettings = Type.Object({
  ...ServiceSettings.properties,
  votingAddress: Type.String({ pattern: '^[^\\s/:]+:\\d{1,5}$', default: '127.0.0.1:9090' }),
  sealMemoryBytes: Type.Integer({ minimum: 0, default: 256 * 1024 * 1024 }),
});

/**
 * What the dataset service is configured with. `votingAddress` is host:port of gRPC. `sealMemoryBytes`: how
 * much of the transcripts a sealing keeps between its two passes; the rest is read twice.
 */
export type DatasetConfig = Readonly<Static<typeof DatasetSettings>>;

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToDatasetConfig(environment: Environment): DatasetConfig {
  return envToConfig(environment, DatasetSettings, {
    ...SERVICE_VARIABLES,
    votingAddress: 'PARLEY_VOTING_ADDRESS',
    sealMemoryBytes: 'PARLEY_DATASET_SEAL_MEMORY_BYTES',
  });
}
