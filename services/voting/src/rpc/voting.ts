import type { ServiceImplementation } from '@parley/platform';
import type {
  ExtractRequest,
  GradeRequest,
  TallyRequest,
  VotingService,
} from '@parley/proto/voting';
import { MAX_ITEMS } from '../limits.ts';
import type { Operations } from '../operations.ts';
import { checkCount, readPairs, readResponses, readVote, readVotes } from '../requests.ts';
import {
  askedVote,
  extractionMessage,
  givenSettings,
  gradeMessage,
  voteMessage,
} from './messages.ts';

/** The gRPC side of voting. Calls of one answer gather what those of a stream send as it is made. */
export function votingRpc(voting: Operations): ServiceImplementation<typeof VotingService> {
  function extractions(
    request: Pick<ExtractRequest, 'policy' | 'responses' | 'settings'>,
    signal: AbortSignal,
  ) {
    const settings = givenSettings(request.settings);
    return voting.extractions(readResponses({ ...request, settings }, ''), signal);
  }

  function grades(
    request: Pick<GradeRequest, 'policy' | 'pairs' | 'settings'>,
    signal: AbortSignal,
  ) {
    const settings = givenSettings(request.settings);
    return voting.grades(readPairs({ ...request, settings }, ''), signal);
  }

  return {
    async tally(request, { signal }) {
      const asked = readVote(askedVote(request, ''), '');
      const [vote] = await Array.fromAsync(voting.votes([asked], signal));
      return vote === undefined ? {} : { vote: voteMessage(vote) };
    },

    async extract(request, { signal }) {
      const found = await Array.fromAsync(extractions(request, signal));
      return { extractions: found.map((one) => extractionMessage(one)) };
    },

    async grade(request, { signal }) {
      const results = await Array.fromAsync(grades(request, signal));
      return { results: results.map(gradeMessage) };
    },

    async *tallyBatch({ votes }: { votes: TallyRequest[] }, { signal }) {
      checkCount('votes', votes.length, MAX_ITEMS);
      const asked = votes.map((vote, index) => askedVote(vote, `votes.${index}.`));
      let index = 0;
      for await (const vote of voting.votes(readVotes(asked, 'votes'), signal))
        yield { index: index++, vote: voteMessage(vote) };
    },

    async *extractBatch(request, { signal }) {
      let index = 0;
      for await (const extraction of extractions(request, signal))
        yield { index: index++, extraction: extractionMessage(extraction) };
    },

    async *gradeBatch(request, { signal }) {
      let index = 0;
      for await (const grade of grades(request, signal))
        yield { index: index++, grade: gradeMessage(grade) };
    },
  };
}
