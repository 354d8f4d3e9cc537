import {
  type Config,
  type Environment,
  envToConfig,
  HOST_SETTINGS,
  SERVICE_SETTINGS,
  type Settings,
} from '@parley/platform';
import { Type } from 'typebox';
import { INFERENCE_SETTINGS } from './config.ts';

/** What the fetcher beside an engine is configured with. */
export const FETCHER_SETTINGS = {
  ...HOST_SETTINGS,
  httpPort: {
    variable: HOST_SETTINGS.httpPort.variable,
    schema: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 8100,
      description: 'Port of the fetcher; inference’s `PARLEY_ADAPTER_FETCHER_PORT`.',
    }),
  },
  artifacts: SERVICE_SETTINGS.artifacts,
  adapterDir: INFERENCE_SETTINGS.adapterDir,
} as const satisfies Settings;

export type FetcherConfig = Config<typeof FETCHER_SETTINGS>;

/** @throws ParleyError INVALID_ARGUMENT naming the bad variable and what would be right. */
export function envToFetcherConfig(environment: Environment): FetcherConfig {
  return envToConfig(environment, FETCHER_SETTINGS);
}
