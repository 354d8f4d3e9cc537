import { deriveSeed, type GrpcClient, type TraceId } from '@parley/platform';
import type { Vote as VoteMessage, VotingService } from '@parley/proto/voting';
import type { Vote } from '../domain/record.ts';
import { answersOf, type DebateState } from '../domain/state.ts';

/**
 * The vote over the answers of a round; ties are broken by the debate's seed.
 * @throws ParleyError as voting does, UNAVAILABLE or DEADLINE_EXCEEDED.
 */
export async function tallyRound(
  voting: Pick<GrpcClient<typeof VotingService>, 'tally'>,
  state: DebateState,
  round: number,
  options: { signal: AbortSignal; trace: TraceId; deadlineMs: number },
): Promise<Vote> {
  const { spec } = state;
  const ballots = answersOf(state, round).map(({ seat, text }) => ({
    agent: seat,
    response: text,
  }));
  const seed = BigInt(deriveSeed(spec.seed, 'vote'));
  const { vote } = await voting.tally({ policy: spec.task, ballots, seed }, options);
  return voteOf(vote);
}

function voteOf(message: VoteMessage | undefined): Vote {
  return {
    answer: message?.winner?.answer ?? null,
    members: message?.winner?.members ?? [],
    tie: message?.tie ?? false,
    groups: (message?.groups ?? []).map(({ answer, members }) => ({ answer, members })),
    unextracted: message?.unextracted ?? [],
    extractions: (message?.extractions ?? []).map(({ agent, answer, rule }) => ({
      agent,
      answer,
      rule,
    })),
    consensus: message?.consensus ?? 0,
  };
}

/** Whether every answer of a round was extracted and all are equal. */
export function isUnanimous(vote: Vote): boolean {
  return vote.groups.length === 1 && vote.unextracted.length === 0;
}
