import { describe, expect, it } from 'vitest';
import { answerScore, type PromptLogprobs } from './score.ts';

/** As vLLM answers for the user's "1+1?" and the assistant's "2"; without the answer it counts 8 tokens. */
const CONVERSATION: PromptLogprobs = [
  null,
  ...[-6.29, -5.79, -5.23, -5.68, -6.26, -6.92, -6.26, -6.366611003875732, -6.741159439086914].map(
    (logprob, index) => ({ [String(index + 4)]: { logprob } }),
  ),
];

describe('answerScore', () => {
  it("adds the answer's tokens, with the one that ends it", () => {
    const { logProbability, tokens } = answerScore(CONVERSATION, 8);
    expect(tokens).toBe(2);
    expect(logProbability).toBeCloseTo(-13.107770442962646, 12);
  });

  it.each<[string, PromptLogprobs, number]>([
    ['no tokens of the answer', CONVERSATION, 10],
    ['no log-probability', [null, null], 1],
    ['several log-probabilities', [null, { 1: { logprob: -1 }, 2: { logprob: -2 } }], 1],
  ])('refuses an answer with %s', (_, conversation, promptTokens) => {
    expect(() => answerScore(conversation, promptTokens)).toThrow(
      expect.objectContaining({ reason: 'ENGINE_REFUSED' }),
    );
  });
});
