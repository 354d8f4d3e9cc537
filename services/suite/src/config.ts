import { join } from 'node:path';
import { type Config, type Environment, envToConfig, type Settings } from '@parley/platform';
import { Type } from 'typebox';

/** What the suite has besides the settings of its services. */
export const SUITE_SETTINGS = {
  data: {
    variable: 'PARLEY_DATA',
    schema: Type.String({
      default: './data',
      description: 'Folder of all state. One process at a time may use it.',
    }),
  },
  addressesJson: {
    variable: 'PARLEY_ADDRESSES_JSON',
    schema: Type.Boolean({
      default: false,
      description:
        'Say where it listens as one line of JSON instead of text, for programs that start the suite.',
    }),
  },
} as const satisfies Settings;

export type SuiteConfig = Config<typeof SUITE_SETTINGS>;

/** @throws ParleyError INVALID_ARGUMENT naming the bad variable. */
export function envToSuiteConfig(environment: Environment): SuiteConfig {
  return envToConfig(environment, SUITE_SETTINGS);
}

/** The defaults that the suite has for its services' settings: all state in one folder. */
export function suiteDefaults(data: string): Environment {
  return {
    PARLEY_STORE: `sqlite:${join(data, 'parley.db')}`,
    PARLEY_EVENTS: `sqlite:${join(data, 'parley.db')}`,
    PARLEY_ARTIFACTS: `file:${join(data, 'artifacts')}`,
    PARLEY_ADAPTER_DIR: join(data, 'adapters'),
    PARLEY_TRAINER_DIR: join(data, 'trainer'),
  };
}
