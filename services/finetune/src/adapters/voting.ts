import { createGrpcClient } from '@parley/platform';
import { VotingService } from '@parley/proto/voting';

/** A vote over responses: the plurality's answer, undefined when no response holds one, and how many gave each. */
export type PluralityVote = { answer: string | undefined; groupSizes: number[] };

/** The voting service, as a cycle uses it. Every method throws ParleyError. */
export type VotingClient = {
  /** Groups equal answers; `seed` breaks ties. */
  tally(
    task: string,
    responses: string[],
    seed: number,
    signal?: AbortSignal,
  ): Promise<PluralityVote>;
  /** Whether each answer, whole or bare, equals its reference; in the order of the pairs. */
  grade(
    task: string,
    pairs: { answer: string; reference: string }[],
    signal?: AbortSignal,
  ): Promise<boolean[]>;
  close(): void;
};

/** Longer than voting takes for a call in which no step but the last can tell. */
const DEADLINE_MS = 180_000;

/** Connects to the voting service. */
export function connectVoting(address: string): VotingClient {
  const client = createGrpcClient(VotingService, { address, defaultDeadlineMs: DEADLINE_MS });
  return {
    async tally(task, responses, seed, signal) {
      const ballots = responses.map((response, index) => ({ agent: `${index + 1}`, response }));
      const { vote } = await client.tally(
        { policy: task, ballots, seed: BigInt(seed) },
        { signal },
      );
      return {
        answer: vote?.winner?.answer,
        groupSizes: vote?.groups.map(({ members }) => members.length) ?? [],
      };
    },

    async grade(task, pairs, signal) {
      const { results } = await client.grade({ policy: task, pairs }, { signal });
      return results.map(({ equal }) => equal);
    },

    close: () => client.close(),
  };
}
