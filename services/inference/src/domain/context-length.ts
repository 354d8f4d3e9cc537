import { ParleyError } from '@parley/platform';

/** What must fit into a model's context: the tokens of a prompt and those that an answer may have. */
export type Lengths = { promptTokens: number; maxTokens: number };

/** An answer as far as its length tells whether it was cut. */
export type AnswerLength = {
  promptTokens: number;
  choices: readonly { finishReason: 'stop' | 'length'; tokens: number }[];
};

/**
 * The context that an answer was cut to fit. vLLM shortens max_tokens without a word where prompt and max_tokens
 * together are more than its context: whether an answer had the room that was asked for must not depend on that.
 * @param contextLength tokens of the engine's context. Where it is unknown, an answer of which every choice ends
 * by its length and all have fewer tokens than were asked for shows it.
 * @returns undefined when there was room for the whole answer.
 */
export function clampedTo(
  { promptTokens, choices }: AnswerLength,
  maxTokens: number,
  contextLength: number | undefined,
): number | undefined {
  if (contextLength !== undefined)
    return promptTokens + maxTokens > contextLength ? contextLength : undefined;
  const tokens = choices.reduce((sum, choice) => sum + choice.tokens, 0);
  const isCut = choices.every(({ finishReason }) => finishReason === 'length');
  if (!isCut || tokens >= maxTokens * choices.length) return undefined;
  return promptTokens + Math.ceil(tokens / choices.length);
}

/**
 * Says that prompt and answer do not fit, naming both lengths, the limit and what would fit.
 * @param where the model, and the engine that serves it.
 */
export function tooLong(
  { promptTokens, maxTokens }: Lengths,
  contextLength: number,
  where: string,
  cause?: unknown,
): ParleyError {
  const room = contextLength - promptTokens;
  const advice =
    room > 0
      ? `lower sampling.maxTokens to ${room} at most, or shorten the prompt`
      : `shorten the prompt to ${contextLength - 1} tokens at most`;
  return new ParleyError(
    'LIMIT_EXCEEDED',
    `a prompt of ${promptTokens} tokens and an answer of up to ${maxTokens} (sampling.maxTokens) do not fit into the ${contextLength} tokens of ${where}; ${advice}`,
    { cause },
  );
}
