import type { EndedStatus } from './collection.ts';
import { type Answer, conversationOf, type Transcript, votedRound } from './transcript.ts';

/** Where a row came from: y(n,1) right; a critic that corrected itself (C−); one that stayed right (C+). */
export const POOLS = ['generation', 'corrected', 'kept'] as const;
export type Pool = (typeof POOLS)[number];

/**
 * Why a debate gives a seat no row: it ended without a result; nothing could be extracted; the position was
 * absent from a round that the row needs; its answer differs from ŷ; no critic spoke.
 */
export type LeftOut =
  | 'failed'
  | 'cancelled'
  | 'no-consensus'
  | 'absent'
  | 'differs'
  | 'no-critic-turn';

export type Verdict = Pool | LeftOut;

/** What one debate gives every seat, by position. */
export type Assessment = { tie: boolean; generation: Verdict[]; critic: Verdict[] };

export function isPool(verdict: Verdict): verdict is Pool {
  return (POOLS as readonly string[]).includes(verdict);
}

/** The same verdict for every seat of N positions. */
export function alike(verdict: Verdict, agents: number, tie = false): Assessment {
  const every = Array<Verdict>(agents).fill(verdict);
  return { tie, generation: every, critic: every };
}

/** Whether a debate that ended like this can have a consensus. */
export function hasResult(status: EndedStatus): status is 'completed' | 'partial' {
  return status === 'completed' || status === 'partial';
}

/** y(n,1) of every position that answered in round 1. */
export function firstAnswers(transcript: Transcript): Answer[] {
  return transcript.answers.filter(({ round, failure }) => round === 1 && failure === '');
}

/**
 * Judges a debate by the method: D_G takes y(n,1) that equals ŷ; D_C− whole conversations with y(n,1) ≠ ŷ
 * and y(n,M) = ŷ; D_C+ those where both equal ŷ. M is the round that was voted on; whether y(n,M) equals ŷ
 * is what the vote recorded.
 * @param equalFirst positions whose y(n,1) equals ŷ.
 */
export function assess(transcript: Transcript, equalFirst: ReadonlySet<number>): Assessment {
  const { agents, vote } = transcript;
  if (vote === null || vote.answer === null) return alike('no-consensus', agents);
  const last = votedRound(transcript);
  const winners = new Set(vote.members);
  const assessment: Assessment = { tie: vote.tie, generation: [], critic: [] };
  for (let position = 1; position <= agents; position++) {
    const answers = conversationOf(transcript, position).filter(({ round }) => round <= last);
    const equal = equalFirst.has(position);
    assessment.generation.push(
      answers[0]?.round !== 1 ? 'absent' : equal ? 'generation' : 'differs',
    );
    assessment.critic.push(criticVerdict(answers, last, equal, winners));
  }
  return assessment;
}

function criticVerdict(
  answers: readonly Answer[],
  last: number,
  equalFirst: boolean,
  winners: ReadonlySet<string>,
): Verdict {
  if (last < 2) return 'no-critic-turn';
  if (answers.length < last) return 'absent';
  const seat = answers.at(-1)?.seat ?? '';
  if (!seat.startsWith('critic-')) return 'no-critic-turn';
  if (!winners.has(seat)) return 'differs';
  return equalFirst ? 'kept' : 'corrected';
}
