import { setTimeout as delay } from 'node:timers/promises';
import { type GrpcClient, ParleyError, type TraceId } from '@parley/platform';
import type { VotingService } from '@parley/proto/voting';
import type { Vote } from '../domain/record.ts';
import type { DebateState } from '../domain/state.ts';
import { retryDelay } from './retry.ts';
import { tallyRound } from './tally.ts';

/** How long a vote may take that is asked for when the debate's deadline is near or over. */
const GRACE_MS = 2_000;
const LONGEST_CALL_MS = 10_000;
const SHORTEST_WAIT_MS = 100;

/** That there is no vote: why, as the reason with which the debate fails. */
export type NoVote = { missing: string };

/**
 * The vote over a round. It is asked for again while voting is away or fails: until 2 s after the deadline,
 * or after now if that is later; without a deadline for `outageMs`, but at least 2 s.
 * @param options.deadline in milliseconds since the epoch; Infinity without one.
 * @throws what `signal` was aborted with.
 */
export async function voteOver(
  voting: Pick<GrpcClient<typeof VotingService>, 'tally'>,
  state: DebateState,
  round: number,
  options: { signal: AbortSignal; trace: TraceId; deadline: number; outageMs: number },
): Promise<Vote | NoVote> {
  const { signal, trace, deadline, outageMs } = options;
  const start = Date.now();
  const bounded = Number.isFinite(deadline);
  const end = bounded ? Math.max(deadline, start) + GRACE_MS : start + Math.max(outageMs, GRACE_MS);
  for (let tries = 1; ; tries++) {
    try {
      const deadlineMs = Math.min(Math.max(end - Date.now(), 1), LONGEST_CALL_MS);
      return await tallyRound(voting, state, round, { signal, trace, deadlineMs });
    } catch (thrown) {
      if (signal.aborted) throw ParleyError.from(signal.reason);
      const error = ParleyError.from(thrown);
      if (error.reason === 'INVALID_ARGUMENT' || error.reason === 'LIMIT_EXCEEDED')
        return { missing: `VOTE_REFUSED: ${error.message}` };
      const now = Date.now();
      const left = end - now;
      if (left < SHORTEST_WAIT_MS) return { missing: noVote(round, error, bounded) };
      const wait = Math.min(retryDelay(error, tries + 1, now - start), left / 2);
      await delay(wait, undefined, { signal }).catch(() => {
        throw ParleyError.from(signal.reason);
      });
    }
  }
}

function noVote(round: number, { reason, message }: ParleyError, bounded: boolean): string {
  const what = `there is no vote over round ${round}`;
  return bounded ? `DEADLINE: ${what} (${reason}: ${message})` : `${reason}: ${what}: ${message}`;
}
