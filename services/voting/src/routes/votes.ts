import { clientGone, type HttpServer, invalid, problems, TASKS } from '@parley/platform';
import { tally, type Vote } from '../domain/tally.ts';
import { isNumeric, RULES } from '../domain/task.ts';
import type { VotingMetrics } from '../metrics.ts';
import { inSlices } from '../slices.ts';
import { PoliciesView, type VoteRequest, VotesBody, VotesView } from './schemas.ts';

/** POST /v1/votes and GET /v1/votes/policies. */
export function voteRoutes(http: HttpServer, metrics: VotingMetrics, bodyLimit: number): void {
  function decide({ task, seed, ballots }: VoteRequest): Vote {
    const vote = tally(task, ballots, seed);
    metrics.countVote(vote);
    return vote;
  }

  http.post(
    '/v1/votes',
    {
      bodyLimit,
      schema: {
        summary: 'Extract final answers and take the plurality; one vote, or many under `votes`',
        tags: ['voting'],
        body: VotesBody,
        response: { 200: VotesView, ...problems },
      },
      serializerCompiler: () => JSON.stringify,
    },
    async ({ body }, reply) => {
      const { votes, ...alone } = body;
      if (votes === undefined) return decide(checked(completed(alone), 'body'));
      if (Object.keys(alone).length > 0)
        throw invalid(
          `body.${Object.keys(alone)[0]}`,
          'must be absent beside votes, where every vote has its own',
        );
      const signal = clientGone(reply);
      const results = await inSlices(
        votes,
        (vote, index) => decide(checked(vote, `body.votes.${index}`)),
        signal,
      );
      return { results };
    },
  );

  http.get(
    '/v1/votes/policies',
    {
      schema: {
        summary: 'The tasks, their extraction rules in order, and how votes are decided',
        tags: ['voting'],
        response: { 200: PoliciesView, ...problems },
      },
    },
    () => ({
      vote: 'plurality over equal answers; what cannot be extracted stays in the denominator',
      tie: 'one of the largest groups, drawn by the seed, whatever the order of the ballots',
      tasks: TASKS.map((task) => ({ task, rules: [...RULES[task]], numeric: isNumeric(task) })),
    }),
  );
}

function completed({ task, seed = 0, ballots }: Partial<VoteRequest>): VoteRequest {
  if (task === undefined) throw invalid('body.task', 'is required, or votes in its place');
  if (ballots === undefined) throw invalid('body.ballots', 'is required, or votes in its place');
  return { task, seed, ballots };
}

function checked(vote: VoteRequest, field: string): VoteRequest {
  const agents = new Set<string>();
  for (const [index, { agent }] of vote.ballots.entries()) {
    if (agents.has(agent))
      throw invalid(`${field}.ballots.${index}.agent`, `'${agent}' has voted already`);
    agents.add(agent);
  }
  return vote;
}
