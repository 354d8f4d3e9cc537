import { type Static, Type } from 'typebox';
import { DEFAULTS, LIMITS } from '../domain/spec.ts';
import { STATUSES } from '../domain/state.ts';
import { PHASES } from '../domain/steps.ts';

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: LIMITS.name, description: 'a-z, 0-9 and -, at most 63' });

const GateBody = Type.Object(
  {
    maxDropStandardErrors: Type.Number({
      minimum: 0,
      maximum: 100,
      default: DEFAULTS.gate.maxDropStandardErrors,
      description: 'Largest drop of accuracy, in standard errors of the paired difference',
    }),
    minDiversityShare: Type.Number({
      minimum: 0,
      maximum: 1,
      default: DEFAULTS.gate.minDiversityShare,
      description: "Smallest share of iteration 0's embedding dissimilarity",
    }),
  },
  closed,
);

/** What a cycle is created from. */
export const CycleBody = Type.Object(
  {
    name: Name,
    society: Type.String({ minLength: 1, maxLength: 200 }),
    problemSet: Type.String({ minLength: 1, maxLength: 200 }),
    iterations: Type.Integer({
      minimum: 0,
      maximum: LIMITS.iterations,
      description: '0 evaluates the society as it is, without a trainer',
    }),
    seed: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: DEFAULTS.seed }),
    weight: Type.Number({
      minimum: 0,
      maximum: 1,
      default: DEFAULTS.weight,
      description: "w: the share of a critic's rows in which it corrected itself",
    }),
    pooling: Type.Enum(['seat', 'all'], { default: DEFAULTS.pooling }),
    method: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: `The trainer's settings, passed to it unread; at most ${LIMITS.methodBytes} bytes of JSON`,
    }),
    gate: GateBody,
  },
  closed,
);

/** The body as it may come: what has a default may be absent. */
export const CycleRequest = Type.Object(
  {
    ...CycleBody.properties,
    ...Type.Partial(Type.Pick(CycleBody, ['seed', 'weight', 'pooling', 'method'])).properties,
    gate: Type.Optional(Type.Partial(GateBody, closed)),
  },
  closed,
);

export const NameParams = Type.Object({ name: Type.String({ maxLength: 100 }) }, closed);

const Ref = Type.Object({ uri: Type.String(), sha256: Type.String() });
const NullableNumber = Type.Union([Type.Number(), Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

const StrategyView = Type.Object({
  accuracy: Type.Number(),
  standardError: Type.Number({ description: 'sqrt(p(1-p)/n)' }),
  problems: Count,
  tokens: Type.Optional(Count),
});

const Strategies = Type.Object({
  single: StrategyView,
  majority: StrategyView,
  debate: StrategyView,
});

const Correct = Type.Object(
  { single: Type.String(), majority: Type.String(), debate: Type.String() },
  { description: "One character a problem, in the split's order: 1 right, 0 wrong" },
);

const figures = {
  problems: Count,
  strategies: Strategies,
  correct: Correct,
  consensus: Type.Number({ description: 'Mean share of final answers that equal the vote' }),
  flips: Type.Array(Type.Object({ position: Count, wrongToRight: Count, rightToWrong: Count }), {
    description: 'Answers that changed between round 1 and the last round',
  }),
  diversity: Type.Object(
    { disagreement: NullableNumber, embedding: NullableNumber, likelihood: NullableNumber },
    {
      description: 'Between the round-1 answers of the agents to one question; null: not measured',
    },
  ),
  statuses: Type.Record(Type.String(), Count, { description: 'Debates by status' }),
  notes: Type.Array(Type.String()),
};

/** One evaluation in full. */
export const EvaluationView = Type.Object({
  cycle: Type.String(),
  iteration: Count,
  revision: Count,
  evaluatedAt: Type.String(),
  ...figures,
});

export type EvaluationView = Static<typeof EvaluationView>;

/** An evaluation in a list: without what it has for every problem. */
export const EvaluationSummary = Type.Omit(EvaluationView, ['correct']);

const GateView = Type.Object({
  outcome: Type.String(),
  reasons: Type.Array(Type.String()),
  accuracy: Type.Union([
    Type.Object({
      candidate: Type.Number(),
      current: Type.Number(),
      difference: Type.Number(),
      standardError: Type.Number(),
      lowest: Type.Number(),
    }),
    Type.Null(),
  ]),
  diversity: Type.Union([
    Type.Object({ candidate: Type.Number(), first: Type.Number(), lowest: Type.Number() }),
    Type.Null(),
  ]),
  agreement: Type.Union([
    Type.Object({ candidate: Type.Number(), current: Type.Number() }),
    Type.Null(),
  ]),
  flips: Type.Union([
    Type.Object({ wrongToRight: Count, rightToWrong: Count, excess: Type.Number() }),
    Type.Null(),
  ]),
});

const TrainingView = Type.Object({
  rowsRead: Count,
  rowsTrained: Count,
  rowsDropped: Type.Record(Type.String(), Count),
  tokens: Count,
  loss: Type.Object({ first: NullableNumber, last: NullableNumber }),
  gradientNorm: Type.Number(),
  seconds: Type.Number(),
  adapter: Ref,
});

const IterationView = Type.Object({
  iteration: Count,
  verdict: Type.String({ description: 'baseline, promoted, rejected or collapsed' }),
  revision: Count,
  gate: GateView,
  rows: Type.Record(Type.String(), Type.Record(Type.String(), Count), {
    description: 'Rows by seat and pool',
  }),
  training: Type.Record(Type.String(), TrainingView),
  seconds: Type.Number(),
  manifest: Ref,
  ...figures,
});

const JobView = Type.Object({
  status: Type.String({ description: 'waiting, done or skipped' }),
  attempts: Count,
  progress: Type.Optional(
    Type.Union([Type.Object({ step: Count, steps: Count, loss: NullableNumber }), Type.Null()]),
  ),
});

const summary = {
  spec: CycleBody,
  status: Type.Enum([...STATUSES]),
  reason: Type.String({ description: 'A code; empty unless the cycle failed or was cancelled' }),
  detail: Type.String({ description: 'The reason in words' }),
  iteration: Count,
  phase: Type.Enum([...PHASES]),
  done: Count,
  total: Count,
  createdAt: Type.String(),
};

/** A cycle in a list. */
export const CycleSummary = Type.Object(summary);

/** A cycle in full. */
export const CycleView = Type.Object({
  ...summary,
  task: Type.String(),
  agents: Count,
  revision: Type.Integer({ description: 'The revision that the cycle goes on from' }),
  log: Type.Array(Type.String(), { description: 'The last lines of the job that failed' }),
  jobs: Type.Record(Type.String(), JobView, { description: 'Training of this iteration by seat' }),
  iterations: Type.Array(IterationView),
});

export type CycleView = Static<typeof CycleView>;

export const CycleList = Type.Object({
  cycles: Type.Array(CycleSummary),
  next: Type.Optional(Type.String()),
});

export const EvaluationList = Type.Object({
  evaluations: Type.Array(EvaluationSummary),
  next: Type.Optional(Type.String()),
});
