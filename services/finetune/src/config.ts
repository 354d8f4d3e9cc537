import {
  type Environment,
  envToConfig,
  invalid,
  SERVICE_VARIABLES,
  ServiceSettings,
} from '@parley/platform';
import { type Static, Type } from 'typebox';

const Address = Type.String({ pattern: '^[^\\s/:]+:\\d{1,5}$', default: '127.0.0.1:9090' });

const FinetuneSettings = Type.Object({
  ...ServiceSettings.properties,
  inferenceAddress: Address,
  datasetAddress: Address,
  debateAddress: Address,
  votingAddress: Address,
  trainer: Type.Optional(Type.String()),
  trainerDir: Type.String({ minLength: 1, default: './data/trainer' }),
  trainerParallelism: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 })),
});

/**
 * Settings of the finetune service. Addresses are host:port of gRPC.
 * `trainer`: the trainer's command and first arguments; absent, no cycle can be created.
 * `trainerParallelism`: training jobs at once; absent, one for each core but one.
 */
export type FinetuneConfig = Readonly<Omit<Static<typeof FinetuneSettings>, 'trainer'>> & {
  readonly trainer?: readonly string[];
};

/** The setting without which no cycle can be created. */
export const TRAINER_VARIABLE = 'PARLEY_TRAINER';

/** @throws ParleyError INVALID_ARGUMENT naming every bad variable. */
export function envToFinetuneConfig(environment: Environment): FinetuneConfig {
  const { trainer, ...settings } = envToConfig(environment, FinetuneSettings, {
    ...SERVICE_VARIABLES,
    inferenceAddress: 'PARLEY_INFERENCE_ADDRESS',
    datasetAddress: 'PARLEY_DATASET_ADDRESS',
    debateAddress: 'PARLEY_DEBATE_ADDRESS',
    votingAddress: 'PARLEY_VOTING_ADDRESS',
    trainer: TRAINER_VARIABLE,
    trainerDir: 'PARLEY_TRAINER_DIR',
    trainerParallelism: 'PARLEY_TRAINER_PARALLELISM',
  });
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
