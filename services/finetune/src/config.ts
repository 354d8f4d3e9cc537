import {
  type Config,
  type Environment,
  envToConfig,
  invalid,
  PEER_SETTINGS,
  SERVICE_SETTINGS,
  type Settings,
} from '@parley/platform';
import { Type } from 'typebox';

/** The setting without which no cycle can be created. */
export const TRAINER_VARIABLE = 'PARLEY_TRAINER';

/** What the finetune service is configured with. */
export const FINETUNE_SETTINGS = {
  ...SERVICE_SETTINGS,
  ...PEER_SETTINGS,
  trainer: {
    variable: TRAINER_VARIABLE,
    schema: Type.Optional(
      Type.String({
        description:
          'The trainer’s command and first arguments, as words separated by white space or as a JSON array of strings; it is called with the path of a `job.json`. Without it only cycles of 0 iterations, which evaluate, can be created.',
      }),
    ),
  },
  trainerDir: {
    variable: 'PARLEY_TRAINER_DIR',
    schema: Type.String({
      minLength: 1,
      default: './data/trainer',
      description:
        'Where training jobs have their folders. A job that finished there is not run again.',
    }),
  },
  trainerParallelism: {
    variable: 'PARLEY_TRAINER_PARALLELISM',
    schema: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1024,
        description:
          'Training jobs at once, over all cycles of a replica; without it one for each core but one, and at least one.',
      }),
    ),
  },
} as const satisfies Settings;

export type FinetuneConfig = Omit<Config<typeof FINETUNE_SETTINGS>, 'trainer'> & {
  readonly trainer?: readonly string[];
};

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToFinetuneConfig(environment: Environment): FinetuneConfig {
  const { trainer, ...settings } = envToConfig(environment, FINETUNE_SETTINGS);
  return Object.freeze({
    ...settings,
    ...(trainer === undefined ? {} : { trainer: commandOf(trainer) }),
  });
}

/** A command line as a list: a JSON array of strings, or words between white space. */
function commandOf(text: string): readonly string[] {
  if (!text.trimStart().startsWith('[')) {
    const words = text.split(/\s+/).filter((word) => word !== '');
    if (words.length > 0) return words;
    throw invalid(TRAINER_VARIABLE, 'must hold a command');
  }
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    // Refused below, as any other text that is no list of strings.
  }
  if (Array.isArray(list) && list.length > 0 && list.every((word) => typeof word === 'string'))
    return list;
  throw invalid(
    TRAINER_VARIABLE,
    `${text} must be words, or a JSON array of strings such as ["node","train.ts"]`,
  );
}
