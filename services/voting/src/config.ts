import {
  type Config,
  type Environment,
  envToConfig,
  HOST_SETTINGS,
  type Settings,
} from '@parley/platform';
import { Type } from 'typebox';

/** What the voting service is configured with. */
export const VOTING_SETTINGS = {
  ...HOST_SETTINGS,
  bodyLimit: {
    variable: 'PARLEY_VOTING_BODY_LIMIT',
    schema: Type.Integer({
      minimum: 1024,
      maximum: 256 * 1024 * 1024,
      default: 32 * 1024 * 1024,
      description:
        'Bytes of one REST request to `/v1/votes` and `/v1/grades`; a larger one is refused as `LIMIT_EXCEEDED`.',
    }),
  },
} as const satisfies Settings;

export type VotingConfig = Config<typeof VOTING_SETTINGS>;

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToVotingConfig(environment: Environment): VotingConfig {
  return envToConfig(environment, VOTING_SETTINGS);
}
