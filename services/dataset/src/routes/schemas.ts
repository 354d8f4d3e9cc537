import { TASKS } from '@parley/platform';
import { Type } from 'typebox';
import { DEFAULT_OPERAND_MAX, FORMS } from '../domain/arithmetic.ts';
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
    form: Type.Optional(
      Type.Enum([...FORMS], {
        description:
          '`a+b*c+d-e*f`, the default, asks `What is the result of …?`; `b*c-d` asks with the bare expression, ' +
          '`38*6-19=?`: b from 12 to 99, c from 3 to 9, d from 10 to 99, and a difference that stays ' +
          'non-negative when the carry of the ones is dropped. Of its problems those with ' +
          '(31b + 17c + 7d) mod 11 = 0 are for evaluation only, all others for training only; at most 20 % ' +
          'of the latter may be asked for',
      }),
    ),
    operandMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: `The largest integer of the default form, ${DEFAULT_OPERAND_MAX} unless given`,
      }),
    ),
  },
  { ...closed, description: 'Generates problems, no expression twice' },
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
