/** A message of a chat. */
export type ChatMessage = { role: 'user' | 'assistant'; content: string };

export type TurnKind = 'answer' | 'summary';

/** One call of a debate that has ended, well or not. */
export type Turn = {
  kind: TurnKind;
  /** From 1. */
  round: number;
  /** n, from 1. */
  position: number;
  /** Who spoke: `gen-n`, `critic-n` or `base`. */
  seat: string;
  /** The new user message that the turn answered. */
  prompt: string;
  /** Empty when the turn failed. */
  text: string;
  /** Why the position is absent from the round, else empty. */
  failure: string;
  servedName: string;
  adapterSha256: string;
  engine: string;
  promptTokens: number;
  completionTokens: number;
  seed: number;
  latencyMs: number;
};

/** A turn with its place in the debate's stream, from 1 without gaps. */
export type RecordedTurn = { sequence: number } & Turn;

/** Identifies a call within its debate, and the turn that it becomes. */
export function turnKey(kind: TurnKind, round: number, position: number): string {
  return `${kind}-${round}-${position}`;
}

/**
 * The conversation of a position: for each of its answers, by round, the user message and what it said.
 * Rounds from which it was absent have left no trace in it.
 */
export function conversation(
  { turns }: { turns: readonly Turn[] },
  position: number,
): ChatMessage[] {
  return turns
    .filter((turn) => turn.kind === 'answer' && turn.position === position && turn.failure === '')
    .sort((a, b) => a.round - b.round)
    .flatMap((turn) => [
      { role: 'user', content: turn.prompt },
      { role: 'assistant', content: turn.text },
    ]);
}

/** Tokens over all turns. */
export type Usage = { promptTokens: number; completionTokens: number };

export function usageOf(turns: readonly Turn[]): Usage {
  let promptTokens = 0;
  let completionTokens = 0;
  for (const turn of turns) {
    promptTokens += turn.promptTokens;
    completionTokens += turn.completionTokens;
  }
  return { promptTokens, completionTokens };
}
