import { clientGone, type HttpServer, invalid, problems, toFirstError } from '@parley/platform';
import type { Operations } from '../operations.ts';
import { type AskedVote, readVote, readVotes } from '../requests.ts';
import { sendResults } from './results.ts';
import { VotesBody, VotesView } from './schemas.ts';
import { voteView } from './views.ts';

/** POST /v1/votes. */
export function voteRoutes(http: HttpServer, voting: Operations, bodyLimit: number): void {
  http.post(
    '/v1/votes',
    {
      bodyLimit,
      schema: {
        summary:
          'Find final answers, group the equal ones and choose; one vote, or many in `votes`',
        tags: ['voting'],
        body: VotesBody,
        response: { 200: VotesView, ...problems },
      },
      validatorCompiler: toFirstError,
      serializerCompiler: () => JSON.stringify,
    },
    async ({ body }, reply) => {
      const { votes, ...alone } = body;
      const signal = clientGone(reply);
      if (votes === undefined) {
        const vote = readVote(completed(alone), 'body.');
        const [result] = await Array.fromAsync(voting.votes([vote], signal), voteView);
        return result;
      }
      const [beside] = Object.keys(alone);
      if (beside !== undefined)
        throw invalid(
          `body.${beside}`,
          'must be absent beside votes, where every vote has its own',
        );
      return sendResults(reply, voting.votes(readVotes(votes, 'body.votes'), signal), voteView);
    },
  );
}

function completed({ policy, ballots, ...vote }: Partial<AskedVote>): AskedVote {
  if (policy === undefined) throw invalid('body.policy', 'is required, or votes in its place');
  if (ballots === undefined) throw invalid('body.ballots', 'is required, or votes in its place');
  return { ...vote, policy, ballots };
}
