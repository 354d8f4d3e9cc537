import { type HttpServer, problems } from '@parley/platform';
import { MAX_ANSWER, MAX_LINE } from '../domain/answer.ts';
import { type EqualityCase, NUMBER_CASES } from '../domain/equality/cases.ts';
import { EXTRACTION_CASES } from '../domain/extraction/cases.ts';
import { POLICIES, type Policy, policyOf } from '../domain/policy.ts';
import { SETTINGS } from '../domain/settings.ts';
import { SYMBOLIC_CASES } from '../domain/symbolic/cases.ts';
import { MAX_LISTED, MAX_MATRIX, METHODS, TIES } from '../domain/vote/vote.ts';
import {
  MAX_ALL_BALLOTS,
  MAX_BALLOTS,
  MAX_ITEMS,
  MAX_RANKING,
  MAX_RESPONSE,
  MAX_RESULTS_BYTES,
  MAX_SYMBOLIC_MS,
} from '../limits.ts';
import { PoliciesQuery, PoliciesView } from './schemas.ts';

/** Examples of one kind that a policy is shown with unless all are asked for. */
const SOME = 10;

/** GET /v1/votes/policies: what there is, with examples from the tables that the tests run. */
export function policyRoutes(
  http: HttpServer,
  { bodyLimit, symbolicDeadlineMs }: { bodyLimit: number; symbolicDeadlineMs: number },
): void {
  const limits = {
    votes: MAX_ITEMS,
    pairs: MAX_ITEMS,
    responses: MAX_ITEMS,
    ballots: MAX_BALLOTS,
    ballotsOfAllVotes: MAX_ALL_BALLOTS,
    ballotsWithAgreement: MAX_MATRIX,
    ranking: MAX_RANKING,
    responseCharacters: MAX_RESPONSE,
    answerCharacters: MAX_ANSWER,
    answerCharactersUnlessNumber: MAX_LINE,
    unknownPairs: MAX_LISTED,
    resultsBytes: MAX_RESULTS_BYTES,
    bodyBytes: bodyLimit,
    pairMilliseconds: symbolicDeadlineMs,
    requestSymbolicMilliseconds: MAX_SYMBOLIC_MS,
  };
  http.get(
    '/v1/votes/policies',
    {
      schema: {
        summary: 'The policies with examples, their settings, methods, tie policies and limits',
        tags: ['voting'],
        querystring: PoliciesQuery,
        response: { 200: PoliciesView, ...problems },
      },
    },
    ({ query: { examples } }) => ({
      policies: POLICIES.map((policy) =>
        policyView(policy, examples === 'all' ? Number.POSITIVE_INFINITY : SOME),
      ),
      settings: Object.fromEntries(
        Object.entries(SETTINGS).map(([name, { values, ...setting }]) => [
          name,
          { ...setting, ...(values ? { values: [...values] } : {}) },
        ]),
      ),
      methods: [...METHODS],
      ties: [...TIES],
      limits,
    }),
  );
}

function policyView({ name, tasks, rules, ...policy }: Policy, most: number) {
  const own = <T extends { policy: string }>(cases: readonly T[]): T[] =>
    cases.filter((one) => policyOf(one.policy).name === name);
  const equality = own<EqualityCase>([...NUMBER_CASES, ...SYMBOLIC_CASES]);
  return {
    name,
    ...policy,
    tasks: [...tasks],
    rules: [...rules],
    examples: {
      extraction: spread(own(EXTRACTION_CASES), most).map(({ response, answer, rule }) => ({
        response,
        answer,
        rule,
      })),
      equality: spread(equality, most).map(({ kind, settings = {}, a, b, equal }) => ({
        kind,
        settings,
        a,
        b,
        equal,
      })),
    },
  };
}

/** At most so many of the cases, from all parts of the table. */
function spread<T>(cases: readonly T[], most: number): T[] {
  const step = Math.max(1, cases.length / most);
  return cases.filter((_, index) => Math.floor(index / step) > Math.floor((index - 1) / step));
}
