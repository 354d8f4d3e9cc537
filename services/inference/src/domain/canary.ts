/** A greedy answer with the log-probability of each token. */
export type CanaryAnswer = { text: string; logprobs: readonly number[] };

/** Below this a difference of log-probabilities is rounding. */
const ROUNDING = 1e-9;

/** Whether an adapter changes the answer: another text, or another probability for any of its tokens. */
export function differs(base: CanaryAnswer, adapter: CanaryAnswer): boolean {
  return (
    base.text !== adapter.text ||
    base.logprobs.length !== adapter.logprobs.length ||
    base.logprobs.some(
      (logprob, index) => Math.abs(logprob - (adapter.logprobs[index] ?? 0)) > ROUNDING,
    )
  );
}
