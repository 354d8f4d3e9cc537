import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  invalid,
  ParleyError,
  type ServiceImplementation,
  TASKS,
  type Task,
} from '@parley/platform';
import type { VoteSchema, VotingService } from '@parley/proto/voting';
import { extractAnswer } from '../domain/extract.ts';
import { grade } from '../domain/grade.ts';
import { type Ballot, tally, type Vote } from '../domain/tally.ts';
import { isTask } from '../domain/task.ts';
import { MAX_BALLOTS, MAX_ITEMS, MAX_RESPONSE } from '../limits.ts';
import type { VotingMetrics } from '../metrics.ts';
import { inSlices } from '../slices.ts';

/** The gRPC side of voting. */
export function votingRpc(metrics: VotingMetrics): ServiceImplementation<typeof VotingService> {
  return {
    async tally({ task, ballots, seed }) {
      checkCount('ballots', ballots.length, MAX_BALLOTS);
      checkBallots(ballots);
      const vote = tally(taskOf(task), ballots, seedOf(seed));
      metrics.countVote(vote);
      return { vote: voteMessage(vote) };
    },

    async extract({ task, responses }, { signal }) {
      const known = taskOf(task);
      checkCount('responses', responses.length, MAX_ITEMS);
      const extractions = await inSlices(
        responses,
        (response, index) => {
          checkLength(`responses.${index}`, response);
          return { agent: '', ...extractAnswer(known, response) };
        },
        signal,
      );
      return { extractions };
    },

    async grade({ task, pairs }, { signal }) {
      const known = taskOf(task);
      checkCount('pairs', pairs.length, MAX_ITEMS);
      const results = await inSlices(
        pairs,
        (pair, index) => {
          checkLength(`pairs.${index}.answer`, pair.answer);
          checkLength(`pairs.${index}.reference`, pair.reference);
          const { equal, answer, reference } = grade(known, pair);
          metrics.countGrade(equal);
          return {
            equal,
            answer: { agent: '', ...answer },
            reference: { agent: '', ...reference },
          };
        },
        signal,
      );
      return { results };
    },
  };
}

function voteMessage({ winner, ...vote }: Vote): MessageInitShape<typeof VoteSchema> {
  return winner === null ? vote : { ...vote, winner };
}

function taskOf(task: string): Task {
  if (!isTask(task)) throw invalid('task', `'${task}' must be one of ${TASKS.join(', ')}`);
  return task;
}

function seedOf(seed: bigint): number {
  if (seed > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalid('seed', `${seed} must be at most ${Number.MAX_SAFE_INTEGER}`);
  return Number(seed);
}

function checkBallots(ballots: readonly Ballot[]): void {
  const agents = new Set<string>();
  for (const [index, { agent, response }] of ballots.entries()) {
    if (agents.has(agent)) throw invalid(`ballots.${index}.agent`, `'${agent}' has voted already`);
    agents.add(agent);
    checkLength(`ballots.${index}.response`, response);
  }
}

function checkCount(field: string, count: number, limit: number): void {
  if (count > limit)
    throw new ParleyError(
      'LIMIT_EXCEEDED',
      `${field}: ${count} are more than the limit of ${limit}`,
      {
        field,
      },
    );
}

function checkLength(field: string, text: string): void {
  if (text.length > MAX_RESPONSE)
    throw new ParleyError(
      'LIMIT_EXCEEDED',
      `${field}: ${text.length} characters are more than the limit of ${MAX_RESPONSE}`,
      { field },
    );
}
