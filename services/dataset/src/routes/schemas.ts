import { TASKS } from '@parley/platform';
import { Type } from 'typebox';
import { DEFAULT_OPERAND_MAX } from '../domain/arithmetic.ts';
import { PURPOSES } from '../domain/collection.ts';
import { POOLINGS } from '../domain/dataset.ts';
import { LIMITS, SPLITS } from '../domain/problem.ts';
import { COLLECTION_ID, NAME } from '../limits.ts';

const closed = { additionalProperties: false } as const;
const Seed = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 });
const Size = Type.Integer({ minimum: 1, maximum: LIMITS.problems });
const Counts = Type.Record(Type.String(), Type.Integer());

export const Name = Type.String(NAME);
export const SplitParam = Type.Enum([...SPLITS]);
export const TaskName = Type.Enum([...TASKS]);

const Arithmetic = Type.Object(
  {
    seed: Seed,
    train: Size,
    evaluation: Size,
    operandMax: Type.Integer({ minimum: 1, maximum: 1_000_000, default: DEFAULT_OPERAND_MAX }),
  },
  { ...closed, description: 'Generates `What is the result of a+b*c+d-e*f?`' },
);

export const ProblemSetBody = Type.Object(
  { name: Name, task: TaskName, arithmetic: Type.Optional(Arithmetic) },
  closed,
);

const SplitView = Type.Object({
  name: SplitParam,
  problems: Type.Integer(),
  uri: Type.String(),
  sha256: Type.String(),
  bytes: Type.Integer(),
});

export const ProblemSetView = Type.Object({
  name: Type.String(),
  task: TaskName,
  arithmetic: Type.Optional(Arithmetic),
  splits: Type.Object({
    train: Type.Optional(SplitView),
    evaluation: Type.Optional(SplitView),
  }),
  createdAt: Type.String(),
});

export const CollectionBody = Type.Object(
  {
    id: Type.String(COLLECTION_ID),
    purpose: Type.Enum([...PURPOSES]),
    problemSet: Name,
    split: SplitParam,
    society: Name,
    revision: Type.Integer({ minimum: 1, maximum: 2 ** 32 - 1 }),
    agents: Type.Integer({ minimum: 1, maximum: 16 }),
  },
  closed,
);

export const CollectionView = Type.Object({
  ...CollectionBody.properties,
  task: TaskName,
  source: SplitView,
  expected: Type.Integer(),
  ended: Counts,
  filled: Type.Boolean(),
  createdAt: Type.String(),
});

export const SealBody = Type.Object(
  {
    weight: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'w: the share of a critic’s rows in which it corrected itself',
    }),
    seed: Seed,
    pooling: Type.Enum([...POOLINGS], { default: 'seat' }),
  },
  closed,
);

export const DatasetView = Type.Object({
  id: Type.String(),
  collection: Type.String(),
  seat: Type.String(),
  rows: Type.Integer(),
  bytes: Type.Integer(),
  pools: Counts,
  uri: Type.String(),
  sha256: Type.String(),
  manifest: Type.Object({ uri: Type.String(), sha256: Type.String() }),
  createdAt: Type.String(),
});

export const DatasetDetail = Type.Object({
  ...DatasetView.properties,
  manifest: Type.Object({
    uri: Type.String(),
    sha256: Type.String(),
    content: Type.Unknown({ description: 'What the dataset was made of' }),
  }),
});

/** A page of a list: its members under `name`, and the cursor of the next page, absent on the last. */
export function pageOf<K extends string, T extends Type.TSchema>(name: K, item: T) {
  const members = { [name]: Type.Array(item) } as Record<K, Type.TArray<T>>;
  return Type.Object({ ...members, next: Type.Optional(Type.String()) });
}
