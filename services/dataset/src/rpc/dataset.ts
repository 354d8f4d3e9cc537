import type { MessageInitShape } from '@bufbuild/protobuf';
import { invalid, type ServiceImplementation, TASKS } from '@parley/platform';
import type {
  ArithmeticGenerator,
  CollectionSchema,
  DatasetService,
  ProblemSetSchema,
  SplitSchema,
  StreamResultsResponseSchema,
} from '@parley/proto/dataset';
import { datasetMessage } from '../adapters/message.ts';
import type { ProblemSet } from '../adapters/problem-sets.ts';
import type { DatasetContext } from '../context.ts';
import { type ArithmeticRequest, FORMS } from '../domain/arithmetic.ts';
import { type Collection, PURPOSES, type Split } from '../domain/collection.ts';
import { POOLINGS } from '../domain/dataset.ts';
import { SPLITS } from '../domain/problem.ts';
import { checkCollectionId, checkName, checkWeight } from '../limits.ts';
import { type ProblemResult, problemResults } from '../work/results.ts';
import { seal } from '../work/seal.ts';

/** The gRPC side of problem sets, collections and datasets. */
export function datasetRpc(context: DatasetContext): ServiceImplementation<typeof DatasetService> {
  const { problemSets, collections } = context;
  return {
    async createProblemSet({ name, task, arithmetic }) {
      checkName('name', name);
      const set = await problemSets.create({
        name,
        task: oneOf('task', TASKS, task),
        ...(arithmetic === undefined ? {} : { arithmetic: generatorOf(arithmetic) }),
      });
      return { problemSet: problemSetMessage(set) };
    },

    async getProblemSet({ name }) {
      return { problemSet: problemSetMessage(await problemSets.get(name)) };
    },

    async openCollection({ id, purpose, problemSet, split, society, revision, agents }) {
      checkCollectionId('id', id);
      checkName('society', society);
      if (revision < 1) throw invalid('revision', 'must be at least 1');
      if (agents < 1 || agents > 16) throw invalid('agents', `${agents} must be from 1 to 16`);
      const collection = await collections.open({
        id,
        purpose: oneOf('purpose', PURPOSES, purpose),
        problemSet,
        split: oneOf('split', SPLITS, split),
        society,
        revision,
        agents,
      });
      return {
        collection: collectionMessage(collection),
        split: splitMessage(collection.source),
      };
    },

    async getCollection({ id }) {
      return { collection: collectionMessage(await collections.get(id)) };
    },

    async seal({ collection, weight, seed, pooling }, { signal }) {
      checkWeight('weight', weight);
      const spec = {
        collection,
        weight,
        seed: seedOf('seed', seed),
        pooling: oneOf('pooling', POOLINGS, pooling),
      };
      const datasets = await seal(context, spec, signal);
      return { datasets: datasets.map(datasetMessage) };
    },

    async *streamResults({ collection }, { signal }) {
      for await (const result of problemResults(context, collection, signal))
        yield resultMessage(result);
    },
  };
}

function resultMessage({
  problem,
  result,
  transcript,
}: ProblemResult): MessageInitShape<typeof StreamResultsResponseSchema> {
  const answers = transcript?.answers ?? [];
  return {
    problemId: problem.id,
    question: problem.question,
    reference: problem.answer,
    debate: result.debate,
    status: result.status,
    answer: transcript?.vote?.answer ?? '',
    tie: transcript?.vote?.tie ?? false,
    consensus: transcript?.vote?.consensus ?? 0,
    answers: answers
      .filter(({ failure }) => failure === '')
      .map(({ seat, round, position, text }) => ({ seat, round, position, text })),
    prompt: answers[0]?.round === 1 ? answers[0].prompt : '',
    tokens: transcript?.tokens ?? 0,
  };
}

function problemSetMessage(set: ProblemSet): MessageInitShape<typeof ProblemSetSchema> {
  return {
    name: set.name,
    task: set.task,
    splits: SPLITS.flatMap((name) => set.splits[name] ?? []).map(splitMessage),
    createdAt: set.createdAt,
  };
}

function splitMessage({
  name,
  problems,
  uri,
  sha256,
}: Split): MessageInitShape<typeof SplitSchema> {
  return { name, problems, uri, sha256 };
}

function collectionMessage(collection: Collection): MessageInitShape<typeof CollectionSchema> {
  const { task: _task, source: _source, ended, ...message } = collection;
  return { ...message, ended: { ...ended } };
}

function generatorOf(generator: ArithmeticGenerator): ArithmeticRequest {
  return {
    seed: seedOf('arithmetic.seed', generator.seed),
    train: generator.train,
    evaluation: generator.evaluation,
    form: oneOf('arithmetic.form', FORMS, generator.form || FORMS[0]),
    ...(generator.operandMax === 0 ? {} : { operandMax: generator.operandMax }),
  };
}

function oneOf<T extends string>(field: string, values: readonly T[], text: string): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw invalid(field, `'${text}' must be one of ${values.join(', ')}`);
  return found;
}

function seedOf(field: string, seed: bigint): number {
  if (seed > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalid(field, `${seed} must be at most ${Number.MAX_SAFE_INTEGER}`);
  return Number(seed);
}
