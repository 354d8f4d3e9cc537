import { Type } from 'typebox';
import { SAMPLING_LIMITS } from '../domain/sampling.ts';
import { SOCIETY_LIMITS, SOCIETY_NAME } from '../domain/society.ts';
import { ListedPrompts, PromptsBody, PromptsView } from './prompts-schemas.ts';

const closed = { additionalProperties: false } as const;
const Name = Type.String({
  pattern: SOCIETY_NAME.source,
  description: "1 to 63 of a–z, 0–9 and '-', not beginning with '-'",
});
const RevisionNumber = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
const Digest = Type.String({ pattern: '^([0-9a-f]{64})?$', description: 'SHA-256, or empty' });

const SamplingFields = {
  temperature: Type.Number({ minimum: 0, maximum: SAMPLING_LIMITS.temperature }),
  topP: Type.Number({ exclusiveMinimum: 0, maximum: SAMPLING_LIMITS.topP }),
  maxTokens: Type.Integer({ minimum: 1, maximum: SAMPLING_LIMITS.maxTokens }),
};

const ProtocolFields = {
  rounds: Type.Integer({ minimum: 1, maximum: SOCIETY_LIMITS.rounds }),
  summaries: Type.Boolean({ description: "Critics read a summary, not the others' raw answers" }),
  critics: Type.Boolean({ description: 'Critic agents answer from round 2 on' }),
  summarizer: Type.Enum(['base', 'critic']),
};

/** The body of POST /v1/societies. */
export const CreateBody = Type.Object(
  {
    name: Name,
    base: Type.String({
      minLength: 1,
      maxLength: SOCIETY_LIMITS.base,
      description: 'The name under which engines serve the base model',
    }),
    agents: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: SOCIETY_LIMITS.agents,
        description: 'Generation agents, and as many critics; 3 by default',
      }),
    ),
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
          prompts: Type.Optional(PromptsBody),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** The body of POST /v1/societies/:name/revisions. */
export const AddRevisionBody = Type.Object(
  {
    baseRevision: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 31 - 1,
        description: 'Seats that are not given stay as they are there; the current one by default',
      }),
    ),
    agents: Type.Array(
      Type.Object(
        {
          seat: Type.String({ minLength: 1, maxLength: 16 }),
          adapterUri: Type.Optional(Type.String({ maxLength: 600 })),
          adapterSha256: Type.Optional(Digest),
          parentAdapterSha256: Type.Optional(Digest),
          datasetSha256: Type.Optional(Digest),
          cycle: Type.Optional(Type.String({ maxLength: 200 })),
          iteration: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })),
        },
        closed,
      ),
      { minItems: 1, maxItems: 2 * SOCIETY_LIMITS.agents },
    ),
  },
  closed,
);

/** The path of one society. */
export const SocietyParams = Type.Object({ name: Name });

/** The path of one revision. */
export const RevisionParams = Type.Object({ name: Name, number: RevisionNumber });

function societyWith<T extends Type.TSchema>(prompts: T) {
  return Type.Object({
    name: Type.String(),
    base: Type.String(),
    agents: Type.Integer(),
    protocol: Type.Object({ ...ProtocolFields, sampling: Type.Object(SamplingFields), prompts }),
    currentRevision: Type.Integer(),
    latestRevision: Type.Integer(),
    createdAt: Type.String(),
  });
}

/** A society as REST shows it. */
export const SocietyView = societyWith(PromptsView);

/** A society in a list. */
export const ListedSociety = societyWith(ListedPrompts);

export const SocietyList = Type.Object({
  societies: Type.Array(ListedSociety),
  next: Type.Optional(Type.String()),
});

/** A revision as REST shows it. */
export const RevisionView = Type.Object({
  society: Type.String(),
  number: Type.Integer(),
  status: Type.Enum(['candidate', 'current', 'retired']),
  broken: Type.String({ description: 'Why it must not be used, or empty' }),
  createdAt: Type.String(),
  agents: Type.Array(
    Type.Object({
      seat: Type.String(),
      base: Type.String(),
      adapterUri: Type.String(),
      adapterSha256: Type.String(),
      servedName: Type.String(),
      parentAdapterSha256: Type.String(),
      datasetSha256: Type.String(),
      cycle: Type.String(),
      iteration: Type.Integer(),
    }),
  ),
});

export const RevisionList = Type.Object({
  revisions: Type.Array(RevisionView),
  next: Type.Optional(Type.String()),
});

/** The engines as REST shows them. */
export const EngineList = Type.Object({
  engines: Type.Array(
    Type.Object({
      url: Type.String(),
      status: Type.Enum(['up', 'down']),
      version: Type.String(),
      breaker: Type.Enum(['closed', 'open', 'half-open'], {
        description: 'Whether calls go there: all, none, or one that decides',
      }),
      inFlight: Type.Integer({ description: 'Sequences in flight from here' }),
      target: Type.Integer({ description: 'Sequences in flight from here that fill its batch' }),
      running: Type.Optional(Type.Integer({ description: 'Sequences in its batch' })),
      waiting: Type.Optional(Type.Integer({ description: 'Sequences that wait there' })),
      kvCacheUsage: Type.Optional(
        Type.Number({ description: 'Share of its KV cache that running sequences hold, 0 to 1' }),
      ),
      models: Type.Array(Type.String()),
      adaptersMissing: Type.Integer(),
      maxModelLength: Type.Optional(Type.Integer({ description: 'Tokens of prompt and answer' })),
      lastError: Type.String(),
    }),
  ),
  names: Type.Array(
    Type.Object({
      source: Type.String({ description: 'As configured: dns+http://name:8000' }),
      engines: Type.Integer({ description: 'Engines that it stands for' }),
      lastError: Type.String({ description: 'Why it is not resolved now, or empty' }),
    }),
  ),
  queued: Type.Integer({ description: 'Sequences that wait for an engine' }),
});
