import { TASKS } from '@parley/platform';
import { Type } from 'typebox';
import { BATCH_STATUSES } from '../domain/batch.ts';
import { ID_PATTERN } from '../domain/ids.ts';
import { LIMITS, MAX_DEADLINE_SECONDS, PRIORITIES } from '../domain/spec.ts';

const closed = { additionalProperties: false } as const;
const Id = Type.String({ minLength: 1, maxLength: LIMITS.idLength, pattern: ID_PATTERN });

const SamplingFields = {
  temperature: Type.Number({ minimum: 0, maximum: 2 }),
  topP: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  maxTokens: Type.Integer({ minimum: 1, maximum: LIMITS.maxTokens }),
};

const ProtocolFields = {
  rounds: Type.Integer({ minimum: 1, maximum: LIMITS.rounds }),
  summaries: Type.Boolean({ description: "Critics read a summary, not the others' raw answers" }),
  critics: Type.Boolean({ description: 'Critic agents answer from round 2 on' }),
  summarizer: Type.Enum(['base', 'critic']),
};

const BudgetFields = {
  tokens: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1, description: '0 is no limit' }),
  deadlineSeconds: Type.Number({
    minimum: 0,
    maximum: MAX_DEADLINE_SECONDS,
    description: 'From acceptance; 0 is no limit',
  }),
};

/** The body of POST /v1/debates. */
export const CreateBody = Type.Object(
  {
    society: Type.String({ minLength: 1, maxLength: 128 }),
    question: Type.String({ minLength: 1, maxLength: LIMITS.questionBytes }),
    task: Type.Optional(Type.Enum([...TASKS])),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: LIMITS.seed })),
    revision: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 32 - 1 })),
    protocol: Type.Optional(
      Type.Object(
        {
          rounds: Type.Optional(ProtocolFields.rounds),
          summaries: Type.Optional(ProtocolFields.summaries),
          critics: Type.Optional(ProtocolFields.critics),
          summarizer: Type.Optional(ProtocolFields.summarizer),
          sampling: Type.Optional(
            Type.Object(
              {
                temperature: Type.Optional(SamplingFields.temperature),
                topP: Type.Optional(SamplingFields.topP),
                maxTokens: Type.Optional(SamplingFields.maxTokens),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    budget: Type.Optional(
      Type.Object(
        {
          tokens: Type.Optional(BudgetFields.tokens),
          deadlineSeconds: Type.Optional(BudgetFields.deadlineSeconds),
        },
        closed,
      ),
    ),
    earlyStop: Type.Optional(Type.Boolean()),
    priority: Type.Optional(Type.Enum([...PRIORITIES])),
  },
  closed,
);

const Template = Type.Omit(CreateBody, ['question', 'seed', 'priority']);

/** The body of POST /v1/batches: what its debates have in common, and their problems. */
export const BatchBody = Type.Object(
  {
    ...Template.properties,
    id: Id,
    collection: Type.Optional(Id),
    problems: Type.Object(
      {
        uri: Type.String({ minLength: 1, maxLength: 2048 }),
        sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      },
      {
        ...closed,
        description: `JSON lines {"id","question"} among the artifacts, at most ${LIMITS.batchProblems}: the split of a problem set names its own`,
      },
    ),
    seed: Type.Integer({
      minimum: 0,
      maximum: LIMITS.seed,
      default: 0,
      description: "Each debate's own seed follows from it and the problem's id",
    }),
  },
  closed,
);

const Turn = Type.Object({
  sequence: Type.Integer(),
  kind: Type.String(),
  round: Type.Integer(),
  position: Type.Integer(),
  seat: Type.String(),
  prompt: Type.String(),
  text: Type.String(),
  failure: Type.String(),
  servedName: Type.String(),
  adapterSha256: Type.String(),
  engine: Type.String(),
  promptTokens: Type.Integer(),
  completionTokens: Type.Integer(),
  seed: Type.Integer(),
  latencyMs: Type.Number(),
});

const Group = { answer: Type.String(), members: Type.Array(Type.String()) };

const Vote = Type.Object({
  answer: Type.Union([Type.String(), Type.Null()]),
  members: Type.Array(Type.String()),
  tie: Type.Boolean(),
  groups: Type.Array(Type.Object(Group)),
  unextracted: Type.Array(Type.String()),
  extractions: Type.Array(
    Type.Object({ agent: Type.String(), answer: Type.String(), rule: Type.String() }),
  ),
  consensus: Type.Number(),
});

const DebateFields = {
  id: Type.String(),
  status: Type.Enum(['queued', 'running', 'completed', 'partial', 'failed', 'cancelled']),
  reason: Type.String(),
  society: Type.String(),
  revision: Type.Integer(),
  agents: Type.Integer(),
  question: Type.String(),
  task: Type.String(),
  seed: Type.Integer(),
  protocol: Type.Object({ ...ProtocolFields, sampling: Type.Object(SamplingFields) }),
  promptsVersion: Type.String({
    description: "The version of the society's prompts, which a single debate cannot change",
  }),
  budget: Type.Object(BudgetFields),
  earlyStop: Type.Boolean(),
  priority: Type.String(),
  batch: Type.String(),
  collection: Type.String(),
  problemId: Type.String(),
  createdAt: Type.String(),
  endedAt: Type.Optional(Type.String()),
  vote: Type.Optional(Vote),
  usage: Type.Object({ promptTokens: Type.Integer(), completionTokens: Type.Integer() }),
  transcript: Type.Optional(Type.Object({ uri: Type.String(), sha256: Type.String() })),
};

/** A debate without its turns. */
export const DebateView = Type.Object(DebateFields);

/** A debate with its turns and how far it is. */
export const FullDebateView = Type.Object({
  ...DebateFields,
  progress: Type.Optional(
    Type.Object({
      rounds: Type.Integer(),
      roundsDone: Type.Integer(),
      turns: Type.Integer(),
      expectedTurns: Type.Integer(),
    }),
  ),
  turns: Type.Optional(Type.Array(Turn)),
});

/** A page of debates, newest first. */
export const DebateList = Type.Object({
  debates: Type.Array(DebateView),
  next: Type.Optional(Type.String()),
});

/** A batch. */
export const BatchSchema = Type.Object({
  id: Type.String(),
  status: Type.Enum([...BATCH_STATUSES]),
  reason: Type.String(),
  total: Type.Integer({ description: 'Its problems; 0 until they were read' }),
  created: Type.Integer({ description: 'Problems whose debates are created' }),
  createdAt: Type.String(),
});

/** A page of batches, newest first. */
export const BatchList = Type.Object({
  batches: Type.Array(BatchSchema),
  next: Type.Optional(Type.String()),
});

/** The path of one debate, or of one batch. */
export const DebateParams = Type.Object({ id: Id });
