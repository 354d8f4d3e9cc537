import { TASKS } from '@parley/platform';
import { type TSchema, Type } from 'typebox';
import { MAX_ANSWER } from '../domain/answer.ts';
import { POLICIES } from '../domain/policy.ts';
import { SETTINGS } from '../domain/settings.ts';
import { MAX_LISTED, METHODS, TIES } from '../domain/vote/vote.ts';
import {
  MAX_AGENT,
  MAX_ALL_BALLOTS,
  MAX_BALLOTS,
  MAX_ITEMS,
  MAX_QUESTION,
  MAX_RANKING,
  MAX_RESPONSE,
  MAX_WEIGHT,
} from '../limits.ts';

const closed = { additionalProperties: false } as const;

const PolicyName = Type.Enum([...new Set([...POLICIES.map(({ name }) => name), ...TASKS])], {
  description: 'How answers are found and compared: a policy, or a task, whose policy is taken',
});

const settingSchemas = Object.entries(SETTINGS).map(([name, setting]): [string, TSchema] => {
  const { values, ...described } = setting;
  const schema = values
    ? Type.String({ ...described, enum: [...values] })
    : Type.Integer(described);
  return [name, Type.Optional(schema)];
});

/** What is absent is the policy's; unknown names are refused with the list of those that there are. */
const SettingsGiven = Type.Unsafe<Record<string, string | number>>({
  ...Type.Object(Object.fromEntries(settingSchemas)),
  description: 'Settings of the caller’s; GET /v1/votes/policies explains each',
});

const Response = Type.String({
  maxLength: MAX_RESPONSE,
  description: `At most ${MAX_RESPONSE} characters`,
});
const Count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });

const Ballot = Type.Object(
  {
    agent: Type.String({ minLength: 1, maxLength: MAX_AGENT }),
    response: Type.String({
      maxLength: MAX_RESPONSE,
      default: '',
      description: `At most ${MAX_RESPONSE} characters; not needed beside a ranking`,
    }),
    weight: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: MAX_WEIGHT,
        description: 'For the method `weighted`; 1 by default',
      }),
    ),
    ranking: Type.Optional(
      Type.Array(Type.String({ maxLength: MAX_ANSWER }), {
        maxItems: MAX_RANKING,
        description: `Up to ${MAX_RANKING} bare answers, the best first, for the method \`borda\``,
      }),
    ),
  },
  closed,
);

const vote = {
  policy: PolicyName,
  settings: Type.Optional(SettingsGiven),
  method: Type.Optional(
    Type.Enum([...METHODS], { description: 'How ballots are counted; plurality by default' }),
  ),
  tie: Type.Optional(Type.Enum([...TIES], { description: 'How a tie ends; random by default' })),
  seed: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Draws the winner of a tie; 0 by default',
    }),
  ),
  quorum: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_BALLOTS,
      description: 'Ballots that must have an answer for there to be a winner; 0 by default',
    }),
  ),
  record: Type.Optional(
    Type.Record(Type.String(), Type.Object({ agreed: Count, votes: Count }, closed), {
      description:
        'By agent, for the method `learned`: in how many votes it had an answer, and how often that was the winner’s. Among several votes, one without a record has that after the learned vote before it',
    }),
  ),
  judge: Type.Optional(
    Type.Object(
      {
        society: Type.String({ minLength: 1, maxLength: 200 }),
        question: Type.String({ minLength: 1, maxLength: MAX_QUESTION }),
      },
      {
        ...closed,
        description:
          'For the tie policy `judge`: the society whose base model chooses, and what was asked',
      },
    ),
  ),
  ballots: Type.Array(Ballot, {
    minItems: 1,
    maxItems: MAX_BALLOTS,
    description: `Up to ${MAX_BALLOTS} ballots, one of each agent`,
  }),
};

const OneVote = Type.Object(vote, closed);

/** One vote, or `votes` alone for many. */
export const VotesBody = Type.Object(
  {
    ...Type.Partial(OneVote).properties,
    votes: Type.Optional(
      Type.Array(OneVote, {
        minItems: 1,
        maxItems: MAX_ITEMS,
        description: `Up to ${MAX_ITEMS} votes, with ${MAX_ALL_BALLOTS} ballots in all`,
      }),
    ),
  },
  closed,
);

export const GradesBody = Type.Object(
  {
    policy: PolicyName,
    settings: Type.Optional(SettingsGiven),
    pairs: Type.Array(Type.Object({ answer: Response, reference: Response }, closed), {
      minItems: 1,
      maxItems: MAX_ITEMS,
      description: `Whole responses or bare answers, up to ${MAX_ITEMS} pairs`,
    }),
  },
  closed,
);

export const ExtractionsBody = Type.Object(
  {
    policy: PolicyName,
    settings: Type.Optional(SettingsGiven),
    responses: Type.Array(Response, {
      minItems: 1,
      maxItems: MAX_ITEMS,
      description: `Up to ${MAX_ITEMS} responses`,
    }),
  },
  closed,
);

const found = {
  rule: Type.String({
    description:
      'boxed, hashes, phrase, option, last-number or whole; empty where there is no answer',
  }),
  from: Type.Integer({ description: 'Where in the text it stood: the first UTF-16 unit' }),
  to: Type.Integer({ description: 'The unit behind the last' }),
};

const GroupView = Type.Object({
  answer: Type.String(),
  members: Type.Array(Type.String()),
  weight: Type.Number({ description: 'What the method counted for it' }),
});

const VoteView = Type.Object(
  {
    winner: Type.Union([GroupView, Type.Null()]),
    tie: Type.Boolean({ description: 'Whether several groups were the largest' }),
    tieBreak: Type.String({
      description: 'random, earliest or judge; empty where none was broken',
    }),
    groups: Type.Array(GroupView, { description: 'Heaviest first' }),
    unextracted: Type.Array(Type.String(), { description: 'Agents without an answer' }),
    extractions: Type.Array(Type.Object({ agent: Type.String(), answer: Type.String(), ...found })),
    consensus: Type.Number({ description: 'Share of all ballots that equal the winner' }),
    margin: Type.Number({ description: 'Lead over the next group, as a share of all weight' }),
    entropy: Type.Number({ description: 'Of the groups by weight, in bits' }),
    agreement: Type.Object(
      { agents: Type.Array(Type.String()), matrix: Type.Array(Type.Array(Type.Number())) },
      { description: '1 where two agents gave one answer; empty in votes of more than 64 ballots' },
    ),
    dissent: Type.Array(Type.Object({ agent: Type.String(), answer: Type.String() })),
    quorum: Type.Boolean({ description: 'Whether as many ballots as asked for had an answer' }),
    unknown: Type.Array(Type.Object({ a: Type.String(), b: Type.String() }), {
      description: `Pairs that could not be told in time, which count as different; the first ${MAX_LISTED}`,
    }),
  },
  { description: 'A vote over the extracted answers' },
);

export const VotesView = Type.Union([VoteView, Type.Object({ results: Type.Array(VoteView) })]);

const Found = Type.Union([Type.Object({ text: Type.String(), ...found }), Type.Null()]);

export const GradesView = Type.Object({
  results: Type.Array(
    Type.Object({
      equal: Type.Boolean(),
      rule: Type.String({
        description: 'The step that decided: string, number or symbolic; empty without an answer',
      }),
      unknown: Type.Boolean({
        description: 'Whether no step could tell, which counts as different',
      }),
      answer: Found,
      reference: Found,
    }),
  ),
});

export const ExtractionsView = Type.Object({
  results: Type.Array(Type.Union([Type.Object({ answer: Type.String(), ...found }), Type.Null()])),
});

const Values = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]));

export const PoliciesQuery = Type.Object(
  {
    examples: Type.Enum(['some', 'all'], {
      default: 'some',
      description: 'How many examples of each policy: ten of each kind, or all that its tests have',
    }),
  },
  closed,
);

export const PoliciesView = Type.Object({
  policies: Type.Array(
    Type.Object({
      name: Type.String(),
      description: Type.String(),
      tasks: Type.Array(Type.String()),
      rules: Type.Array(Type.String()),
      answers: Type.String(),
      settings: Values,
      examples: Type.Object({
        extraction: Type.Array(
          Type.Object({ response: Type.String(), answer: Type.String(), rule: Type.String() }),
        ),
        equality: Type.Array(
          Type.Object({
            kind: Type.String(),
            settings: Values,
            a: Type.String(),
            b: Type.String(),
            equal: Type.Boolean(),
          }),
        ),
      }),
    }),
  ),
  settings: Type.Record(
    Type.String(),
    Type.Object({
      description: Type.String(),
      default: Type.Union([Type.String(), Type.Number()]),
      values: Type.Optional(Type.Array(Type.String())),
      minimum: Type.Optional(Type.Number()),
      maximum: Type.Optional(Type.Number()),
    }),
  ),
  methods: Type.Array(Type.String()),
  ties: Type.Array(Type.String()),
  limits: Type.Record(Type.String(), Type.Number()),
});
