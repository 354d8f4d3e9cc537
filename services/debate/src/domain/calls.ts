import { deriveSeed, seededRandom, shuffled } from '@parley/platform';
import {
  critiquePrompt,
  promptsOf,
  questionPrompt,
  rawCritiquePrompt,
  summaryPrompt,
} from './prompts.ts';
import type { DebateSpec, Sampling } from './spec.ts';
import { answersOf, type DebateState } from './state.ts';
import { type ChatMessage, conversation, type TurnKind, turnKey } from './turn.ts';

/** A call that can be made now. Its turn carries the last message as `prompt`. */
export type Call = {
  /** Its `turnKey`. */
  id: string;
  kind: TurnKind;
  round: number;
  position: number;
  seat: string;
  messages: ChatMessage[];
  sampling: Sampling;
  seed: number;
};

/** Who answers at a position in a round. */
export function seatOf(spec: DebateSpec, round: number, position: number): string {
  return `${round > 1 && spec.protocol.critics ? 'critic' : 'gen'}-${position}`;
}

/** The call for the summary that a position reads in a round. */
export function summaryCall(state: DebateState, round: number, position: number): Call {
  const { spec } = state;
  const seed = deriveSeed(spec.seed, 'summary', round, position);
  const others = othersAnswers(state, round, position, seed);
  const content = summaryPrompt(promptsOf(spec), spec.question, others);
  return {
    id: turnKey('summary', round, position),
    kind: 'summary',
    round,
    position,
    seat: spec.protocol.summarizer === 'base' ? 'base' : seatOf(spec, round, position),
    messages: [{ role: 'user', content }],
    sampling: spec.protocol.sampling,
    seed,
  };
}

/** The call for the answer of a position in a round. */
export function answerCall(state: DebateState, round: number, position: number): Call {
  const { spec } = state;
  const first = round === 1;
  const seed = first
    ? state.firstSeed + position
    : deriveSeed(spec.seed, 'answer', round, position);
  const content = first
    ? questionPrompt(promptsOf(spec), spec.question)
    : laterPrompt(state, round, position, seed);
  return {
    id: turnKey('answer', round, position),
    kind: 'answer',
    round,
    position,
    seat: seatOf(spec, round, position),
    messages: [...(first ? [] : conversation(state, position)), { role: 'user', content }],
    sampling: spec.protocol.sampling,
    seed,
  };
}

function laterPrompt(state: DebateState, round: number, position: number, seed: number): string {
  const { spec } = state;
  const prompts = promptsOf(spec);
  const summary = state.rounds[round - 1]?.summaries[position - 1];
  return summary
    ? critiquePrompt(prompts, spec.question, summary.text)
    : rawCritiquePrompt(prompts, spec.question, othersAnswers(state, round, position, seed));
}

/** The other positions' answers of the round before, in the order that the call's seed gives them. */
function othersAnswers(
  state: DebateState,
  round: number,
  position: number,
  seed: number,
): string[] {
  const others = answersOf(state, round - 1).filter((turn) => turn.position !== position);
  return shuffled(others, seededRandom(seed)).map(({ text }) => text);
}
