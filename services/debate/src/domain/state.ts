import { deriveSeed } from '@parley/platform';
import { type DebateSpec, LIMITS } from './spec.ts';
import type { RecordedTurn, Turn } from './turn.ts';

type Round = { answers: (Turn | undefined)[]; summaries: (Turn | undefined)[] };

/** A debate as its recorded turns say it stands. */
export type DebateState = {
  spec: DebateSpec;
  /** Round 1's seeds follow this one, in the order of positions. */
  firstSeed: number;
  turns: RecordedTurn[];
  /** Turns by round and position, both from 0 here. */
  rounds: Round[];
  /** Prompts and answers in UTF-8. */
  bytes: number;
  /** Rounds of which it is known whether all their answers agree. */
  unanimous: ReadonlyMap<number, boolean>;
};

/** The state after these turns. Of two turns for one call the first counts. */
export function fold(spec: DebateSpec, turns: readonly RecordedTurn[]): DebateState {
  const rounds = Array.from({ length: spec.protocol.rounds }, () => ({
    answers: new Array<Turn | undefined>(spec.agents).fill(undefined),
    summaries: new Array<Turn | undefined>(spec.agents).fill(undefined),
  }));
  const firstSeed = deriveSeed(spec.seed, 'answer', 1);
  return place({ spec, firstSeed, turns: [], rounds, bytes: 0, unanimous: new Map() }, turns);
}

function place(state: DebateState, turns: readonly RecordedTurn[]): DebateState {
  const rounds = state.rounds.map(({ answers, summaries }) => ({
    answers: [...answers],
    summaries: [...summaries],
  }));
  const counted = [...state.turns];
  let { bytes } = state;
  for (const turn of turns) {
    const round = rounds[turn.round - 1];
    const places = turn.kind === 'answer' ? round?.answers : round?.summaries;
    if (!places || places[turn.position - 1]) continue;
    places[turn.position - 1] = turn;
    counted.push(turn);
    bytes += bytesOf(turn);
  }
  return { ...state, turns: counted, rounds, bytes };
}

/** The state with the knowledge whether the answers of a round all agree. */
export function withUnanimity(state: DebateState, round: number, agree: boolean): DebateState {
  return { ...state, unanimous: new Map(state.unanimous).set(round, agree) };
}

/** How the failure of a turn begins that the transcript had no room for. */
export const TRANSCRIPT_LIMIT = 'TRANSCRIPT_LIMIT';

/**
 * The state with calls that have ended, and the turns as they are to be recorded. A turn with which the
 * transcript would exceed its limit is recorded without its texts, as a failure that ends the debate.
 */
export function append(
  state: DebateState,
  ended: readonly Turn[],
): { state: DebateState; recorded: RecordedTurn[] } {
  let { bytes } = state;
  const recorded = ended.map((turn, index): RecordedTurn => {
    const sequence = state.turns.length + index + 1;
    bytes += bytesOf(turn);
    if (bytes <= LIMITS.transcriptBytes) return { sequence, ...turn };
    const failure = `${TRANSCRIPT_LIMIT}: prompts and answers exceed ${LIMITS.transcriptBytes} bytes`;
    return { sequence, ...turn, prompt: '', text: '', failure };
  });
  return { state: place(state, recorded), recorded };
}

/** The answers of a round that exist, by position. */
export function answersOf(state: DebateState, round: number): Turn[] {
  return (state.rounds[round - 1]?.answers ?? []).filter(
    (turn): turn is Turn => turn !== undefined && turn.failure === '',
  );
}

/** How far a debate is: complete rounds, and turns that were made of those that a full debate takes. */
export function progressOf(state: DebateState): {
  rounds: number;
  roundsDone: number;
  turns: number;
  expectedTurns: number;
} {
  const { agents, protocol } = state.spec;
  let roundsDone = 0;
  while (roundsDone < protocol.rounds && isComplete(state, roundsDone + 1)) roundsDone += 1;
  const summaries = needsSummary(state.spec) ? agents * (protocol.rounds - 1) : 0;
  const expectedTurns = agents * protocol.rounds + summaries;
  return { rounds: protocol.rounds, roundsDone, turns: state.turns.length, expectedTurns };
}

/** Whether the position has answered in the round or is absent from it. */
export function isDecided(state: DebateState, round: number, position: number): boolean {
  const turns = state.rounds[round - 1];
  const summary = turns?.summaries[position - 1];
  return turns?.answers[position - 1] !== undefined || (summary?.failure ?? '') !== '';
}

/** Whether every position has answered in the round or is absent from it. */
export function isComplete(state: DebateState, round: number): boolean {
  for (let position = 1; position <= state.spec.agents; position++)
    if (!isDecided(state, round, position)) return false;
  return true;
}

/** Whether some position has. */
export function hasAnyDecided(state: DebateState, round: number): boolean {
  for (let position = 1; position <= state.spec.agents; position++)
    if (isDecided(state, round, position)) return true;
  return false;
}

/** Whether the round has begun. */
export function hasTurns(state: DebateState, round: number): boolean {
  return state.turns.some((turn) => turn.round === round);
}

/** The failed turns because of which positions are absent from a round. */
export function absentees(state: DebateState, round: number): Turn[] {
  const turns = state.rounds[round - 1];
  return [...(turns?.summaries ?? []), ...(turns?.answers ?? [])].filter(
    (turn): turn is Turn => turn !== undefined && turn.failure !== '',
  );
}

/** Tokens of all turns up to and with a round. */
export function tokensUpTo(state: DebateState, round: number): number {
  let tokens = 0;
  for (const turn of state.turns)
    if (turn.round <= round) tokens += turn.promptTokens + turn.completionTokens;
  return tokens;
}

function bytesOf(turn: Turn): number {
  return Buffer.byteLength(turn.prompt) + Buffer.byteLength(turn.text);
}

/** Whether critics read summaries; a single agent has nobody to read of. */
export function needsSummary(spec: DebateSpec): boolean {
  return spec.protocol.summaries && spec.agents > 1;
}
