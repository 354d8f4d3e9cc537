import { TASKS } from '@parley/platform';
import { type Static, Type } from 'typebox';
import { MAX_AGENT, MAX_BALLOTS, MAX_ITEMS, MAX_RESPONSE } from '../limits.ts';

const closed = { additionalProperties: false } as const;

export const TaskName = Type.Enum([...TASKS], {
  description: 'How answers are extracted and compared',
});

const Response = Type.String({ maxLength: MAX_RESPONSE });

const Ballots = Type.Array(
  Type.Object(
    { agent: Type.String({ minLength: 1, maxLength: MAX_AGENT }), response: Response },
    closed,
  ),
  { minItems: 1, maxItems: MAX_BALLOTS },
);

const seed = {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Breaks ties; 0 by default',
};

export const VoteRequest = Type.Object(
  { task: TaskName, seed: Type.Integer({ ...seed, default: 0 }), ballots: Ballots },
  closed,
);

export type VoteRequest = Static<typeof VoteRequest>;

/** One vote, or `votes` alone for many. */
export const VotesBody = Type.Object(
  {
    task: Type.Optional(TaskName),
    seed: Type.Optional(Type.Integer(seed)),
    ballots: Type.Optional(Ballots),
    votes: Type.Optional(Type.Array(VoteRequest, { minItems: 1, maxItems: MAX_ITEMS })),
  },
  closed,
);

export const GradesBody = Type.Object(
  {
    task: TaskName,
    pairs: Type.Array(Type.Object({ answer: Response, reference: Response }, closed), {
      minItems: 1,
      maxItems: MAX_ITEMS,
    }),
  },
  closed,
);

const GroupView = Type.Object({ answer: Type.String(), members: Type.Array(Type.String()) });

const Rule = Type.String({
  description: 'boxed, hashes, phrase, last-number or whole; empty when there is no answer',
});

const VoteView = Type.Object(
  {
    winner: Type.Union([GroupView, Type.Null()]),
    tie: Type.Boolean(),
    groups: Type.Array(GroupView),
    unextracted: Type.Array(Type.String()),
    extractions: Type.Array(
      Type.Object({ agent: Type.String(), answer: Type.String(), rule: Rule }),
    ),
    consensus: Type.Number({ minimum: 0, maximum: 1 }),
  },
  { description: 'A vote over the extracted answers' },
);

export const VotesView = Type.Union([VoteView, Type.Object({ results: Type.Array(VoteView) })]);

const ExtractedView = Type.Object({ text: Type.String(), rule: Rule });

export const GradesView = Type.Object({
  results: Type.Array(
    Type.Object({ equal: Type.Boolean(), answer: ExtractedView, reference: ExtractedView }),
  ),
});

export const PoliciesView = Type.Object({
  vote: Type.String(),
  tie: Type.String(),
  tasks: Type.Array(
    Type.Object({ task: TaskName, rules: Type.Array(Type.String()), numeric: Type.Boolean() }),
  ),
});
