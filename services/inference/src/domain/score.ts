import { ParleyError } from '@parley/platform';

/** For every token of a prompt its candidates by token id, as an engine answers `prompt_logprobs`. */
export type PromptLogprobs = readonly (Record<string, { logprob: number }> | null)[];

/** The probability of an answer: sum of natural logarithms over its tokens, and their number. */
export type AnswerScore = { logProbability: number; tokens: number };

/**
 * The score of an answer from the log-probabilities of the whole conversation.
 * @param conversation of question and answer, asked with `prompt_logprobs: 0`: one entry for each token.
 * @param promptTokens length of the question alone, up to where an answer begins; the rest is the answer,
 * with the token that ends it.
 * @throws ParleyError ENGINE_REFUSED when the engine's answer does not show the answer's tokens.
 */
export function answerScore(conversation: PromptLogprobs, promptTokens: number): AnswerScore {
  const answer = conversation.slice(promptTokens);
  if (answer.length === 0)
    throw new ParleyError(
      'ENGINE_REFUSED',
      `the engine counts ${conversation.length} tokens with the answer and ${promptTokens} without it; the chat template must end a question where an answer begins`,
    );
  let logProbability = 0;
  for (const entry of answer) {
    const candidates = entry === null ? [] : Object.values(entry);
    const [token] = candidates;
    if (token === undefined || candidates.length > 1)
      throw new ParleyError(
        'ENGINE_REFUSED',
        `the engine gives ${candidates.length} log-probabilities for a token, expected that of the token itself`,
      );
    logProbability += token.logprob;
  }
  return { logProbability, tokens: answer.length };
}
