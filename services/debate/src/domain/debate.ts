import { answerCall, type Call, seatOf, summaryCall } from './calls.ts';
import type { DebateSpec } from './spec.ts';
import {
  absentees,
  answersOf,
  type DebateState,
  hasAnyDecided,
  hasTurns,
  isComplete,
  isDecided,
  needsSummary,
  TRANSCRIPT_LIMIT,
  tokensUpTo,
} from './state.ts';
import { type Turn, type TurnKind, turnKey } from './turn.ts';

/** How a debate ends: the status, why, and the round to vote over (0: no vote). */
export type Outcome = {
  status: 'completed' | 'partial' | 'failed' | 'cancelled';
  reason: string;
  round: number;
};

/**
 * What a debate needs next: calls (none when those in flight must end first), whether a round is
 * unanimous (`withUnanimity`), or to be ended.
 */
export type Step =
  | { need: 'calls'; calls: Call[] }
  | { need: 'unanimity'; round: number }
  | { need: 'end'; outcome: Outcome };

/**
 * What the debate needs next. A round that can no longer have its quorum is still completed, so that the
 * reason names everyone who is absent from it, whatever the order of their failures.
 * @param inFlight ids of calls that are being made; they are not named again.
 */
export function next(state: DebateState, inFlight: ReadonlySet<string>): Step {
  const { spec } = state;
  const over = state.turns.find((turn) => turn.failure.startsWith(TRANSCRIPT_LIMIT));
  if (over) return end('failed', over.failure, 0);
  const calls: Call[] = [];
  const gated = spec.earlyStop || spec.budget.tokens > 0;
  for (let round = 1; round <= spec.protocol.rounds; round++) {
    addCalls(state, round, inFlight, calls);
    const absent = absentees(state, round);
    const lost = spec.agents - absent.length < quorum(spec);
    if (isComplete(state, round)) {
      if (lost) return end('failed', quorumLost(spec, round, absent), 0);
      const step = afterRound(state, round);
      if (step) return step;
    } else if (lost || gated || !hasAnyDecided(state, round)) break;
  }
  return { need: 'calls', calls };
}

/**
 * How a debate ends that is cut short: by a vote over the last round in which a majority answered, or as
 * failed when there is none.
 */
export function cutShort(state: DebateState, reason: string): Outcome {
  for (let round = state.spec.protocol.rounds; round >= 1; round--)
    if (answersOf(state, round).length >= quorum(state.spec))
      return { status: 'partial', reason, round };
  return {
    status: 'failed',
    reason: `${reason}: no round was answered by ${quorum(state.spec)} of ${state.spec.agents} agents`,
    round: 0,
  };
}

function end(status: Outcome['status'], reason: string, round: number): Step {
  return { need: 'end', outcome: { status, reason, round } };
}

/** What follows from a complete round, unless it is just the next one. */
function afterRound(state: DebateState, round: number): Step | undefined {
  const { protocol, earlyStop, budget } = state.spec;
  if (round === protocol.rounds) return end('completed', '', round);
  if (earlyStop && !hasTurns(state, round + 1)) {
    const agree = state.unanimous.get(round);
    if (agree === undefined) return { need: 'unanimity', round };
    if (agree) return end('completed', '', round);
  }
  if (budget.tokens > 0) {
    const used = tokensUpTo(state, round);
    if (used >= budget.tokens)
      return end('partial', `BUDGET_TOKENS: ${used} of ${budget.tokens} tokens are used`, round);
  }
  return undefined;
}

function addCalls(
  state: DebateState,
  round: number,
  inFlight: ReadonlySet<string>,
  calls: Call[],
): void {
  for (let position = 1; position <= state.spec.agents; position++) {
    if (isDecided(state, round, position)) continue;
    const kind = wanted(state, round, position);
    if (kind !== undefined && !inFlight.has(turnKey(kind, round, position)))
      calls.push(
        kind === 'summary'
          ? summaryCall(state, round, position)
          : answerCall(state, round, position),
      );
  }
}

/** Which call the open position can make now, if any. */
function wanted(state: DebateState, round: number, position: number): TurnKind | undefined {
  if (round === 1) return 'answer';
  for (let other = 1; other <= state.spec.agents; other++)
    if (other !== position && !isDecided(state, round - 1, other)) return undefined;
  if (needsSummary(state.spec) && !state.rounds[round - 1]?.summaries[position - 1])
    return 'summary';
  return isDecided(state, round - 1, position) ? 'answer' : undefined;
}

function quorum(spec: DebateSpec): number {
  return Math.floor(spec.agents / 2) + 1;
}

function quorumLost(spec: DebateSpec, round: number, absent: Turn[]): string {
  const who = absent
    .toSorted((a, b) => a.position - b.position)
    .map(({ kind, position, failure }) => {
      const seat = seatOf(spec, round, position);
      return kind === 'summary' ? `${seat} (its summary: ${failure})` : `${seat} (${failure})`;
    });
  return `QUORUM_LOST: ${quorum(spec)} of ${spec.agents} agents must answer in round ${round}; absent: ${who.join(', ')}`;
}
