import {
  type Environment,
  envToConfig,
  SERVICE_VARIABLES,
  ServiceSettings,
} from '@parley/platform';
import { type Static, Type } from 'typebox';

const { host, httpPort, grpcPort, adminPort, logLevel } = ServiceSettings.properties;

const VotingSettings = Type.Object({
  host,
  httpPort,
  grpcPort,
  adminPort,
  logLevel,
  bodyLimit: Type.Integer({ minimum: 1024, maximum: 256 * 1024 * 1024, default: 32 * 1024 * 1024 }),
});

/** Settings of the voting service. `bodyLimit`: bytes of one REST request. */
export type VotingConfig = Readonly<Static<typeof VotingSettings>>;

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToVotingConfig(environment: Environment): VotingConfig {
  const { store: _store, events: _events, artifacts: _artifacts, ...common } = SERVICE_VARIABLES;
  return envToConfig(environment, VotingSettings, {
    ...common,
    bodyLimit: 'PARLEY_VOTING_BODY_LIMIT',
  });
}
