import { type Environment, envToConfig } from '@parley/platform';
import { type Static, Type } from 'typebox';

const SuiteSettings = Type.Object({
  data: Type.String({ default: './data' }),
  addressesJson: Type.Boolean({ default: false }),
});

/**
 * What the suite has besides the settings of its services. `data`: the folder of all state. `addressesJson`:
 * say the addresses as one line of JSON, for programs that start the suite.
 */
export type SuiteConfig = Readonly<Static<typeof SuiteSettings>>;

/** @throws ParleyError INVALID_ARGUMENT naming the bad variable. */
export function envToSuiteConfig(environment: Environment): SuiteConfig {
  return envToConfig(environment, SuiteSettings, {
    data: 'PARLEY_DATA',
    addressesJson: 'PARLEY_ADDRESSES_JSON',
  });
}
