/** A log-probability of a text under an agent, and the tokens that it is the sum over. */
export type Score = { logProbability: number; tokens: number };

/**
 * Share of the pairs of agents whose answers to one question differ, where the answers fall into groups of
 * those sizes; an answer in no group, because none could be extracted, equals no other. Undefined for fewer
 * than two agents.
 */
export function disagreement(agents: number, groupSizes: readonly number[]): number | undefined {
  if (agents < 2) return undefined;
  const pairs = pairsOf(agents);
  const equal = groupSizes.reduce((sum, size) => sum + pairsOf(size), 0);
  return (pairs - equal) / pairs;
}

function pairsOf(n: number): number {
  return (n * (n - 1)) / 2;
}

/**
 * Mean of 1 − cosine over all pairs of vectors: how unlike the agents' answers to one question are.
 * Undefined for fewer than two vectors.
 */
export function dissimilarity(vectors: readonly (readonly number[])[]): number | undefined {
  let sum = 0;
  let pairs = 0;
  for (const [index, first] of vectors.entries())
    for (const second of vectors.slice(index + 1)) {
      sum += 1 - cosine(first, second);
      pairs += 1;
    }
  return pairs === 0 ? undefined : sum / pairs;
}

function cosine(first: readonly number[], second: readonly number[]): number {
  let dot = 0;
  let firstSquares = 0;
  let secondSquares = 0;
  for (const [at, a] of first.entries()) {
    const b = second[at] ?? 0;
    dot += a * b;
    firstSquares += a * a;
    secondSquares += b * b;
  }
  const norm = Math.sqrt(firstSquares * secondSquares);
  return norm === 0 ? 0 : dot / norm;
}

/** Mean negative log-likelihood per token, in nats, summed in the order given; null without a token. */
export function meanNegativeLogLikelihood(scores: Iterable<Score>): number | null {
  let sum = 0;
  let tokens = 0;
  for (const score of scores) {
    sum -= score.logProbability;
    tokens += score.tokens;
  }
  return tokens === 0 ? null : sum / tokens;
}
