import { proportion } from './statistics.ts';

/** The ways to answer that are compared on the same problems. */
export const STRATEGIES = ['single', 'majority', 'debate'] as const;

/**
 * single: position 1's round-1 answer. majority: the plurality of the round-1 answers. debate: the debate's
 * answer.
 */
export type StrategyName = (typeof STRATEGIES)[number];

export type Strategy = {
  accuracy: number;
  /** sqrt(p(1−p)/n). */
  standardError: number;
  problems: number;
  /** Prompt and completion tokens over all problems, where they are known. */
  tokens?: number;
};

/** Answers that changed between round 1 and the last round at one position. */
export type Flips = { position: number; wrongToRight: number; rightToWrong: number };

/** One problem of the split after grading, as the figures need it. */
export type GradedProblem = {
  /** The debate's status, or 'missing'. */
  status: string;
  /** Whether each position's round-1 answer is right; null where the agent was absent. */
  first: (boolean | null)[];
  /** The same for the last round; empty when there was one round alone. */
  last: (boolean | null)[];
  majority: boolean;
  debate: boolean;
  /** Share of the final answers that equal ŷ; 0 without one. */
  consensus: number;
  tokens: number;
  /** Share of the pairs of agents whose round-1 answers differ; undefined for fewer than two. */
  disagreement: number | undefined;
  /** Mean 1 − cosine between the round-1 answers; undefined when it is unknown. */
  dissimilarity: number | undefined;
};

/** How unlike the agents' round-1 answers to one question are. Null: not measured. */
export type Diversity = {
  /** Mean share of pairs of agents whose answers differ. */
  disagreement: number | null;
  /** Mean 1 − cosine of the answers' embeddings. */
  embedding: number | null;
  /** Mean negative log-likelihood, in nats per token, under the other agents. */
  likelihood: number | null;
};

/** What one revision achieved on the evaluation problems, all of them in the denominator. */
export type Evaluation = {
  cycle: string;
  iteration: number;
  revision: number;
  problems: number;
  strategies: Record<StrategyName, Strategy>;
  /** One character a problem in the split's order: 1 right, 0 wrong, unparsable or failed. */
  correct: Record<StrategyName, string>;
  consensus: number;
  flips: Flips[];
  diversity: Diversity;
  /** Debates by status. */
  statuses: Record<string, number>;
  /** What was not measured, and why. */
  notes: string[];
};

/** Sums over the problems in the order in which they are added, so that equal results give equal bits. */
export function evaluationSums() {
  const bits: Record<StrategyName, string[]> = { single: [], majority: [], debate: [] };
  const statuses: Record<string, number> = {};
  const flips: Flips[] = [];
  let consensus = 0;
  let tokens = 0;
  const unlike = mean();
  const differing = mean();

  function addFlips(problem: GradedProblem): void {
    for (const [index, before] of problem.first.entries()) {
      flips[index] ??= { position: index + 1, wrongToRight: 0, rightToWrong: 0 };
      const after = problem.last[index];
      if (before === null || after === null || after === undefined) continue;
      if (!before && after) flips[index].wrongToRight += 1;
      if (before && !after) flips[index].rightToWrong += 1;
    }
  }

  return {
    add(problem: GradedProblem): void {
      bits.single.push(problem.first[0] === true ? '1' : '0');
      bits.majority.push(problem.majority ? '1' : '0');
      bits.debate.push(problem.debate ? '1' : '0');
      statuses[problem.status] = (statuses[problem.status] ?? 0) + 1;
      consensus += problem.consensus;
      tokens += problem.tokens;
      unlike.add(problem.dissimilarity);
      differing.add(problem.disagreement);
      addFlips(problem);
    },

    problems: () => bits.debate.length,

    /** The evaluation; `likelihood` and `notes` come from outside of the problems. */
    finish(
      of: { cycle: string; iteration: number; revision: number },
      likelihood: number | null,
      notes: string[],
    ): Evaluation {
      const problems = bits.debate.length;
      const correct = {
        single: bits.single.join(''),
        majority: bits.majority.join(''),
        debate: bits.debate.join(''),
      };
      return {
        ...of,
        problems,
        strategies: {
          single: proportion(correct.single),
          majority: proportion(correct.majority),
          debate: { ...proportion(correct.debate), tokens },
        },
        correct,
        consensus: problems === 0 ? 0 : consensus / problems,
        flips,
        diversity: { disagreement: differing.value(), embedding: unlike.value(), likelihood },
        statuses,
        notes,
      };
    },
  };
}

/** The mean of what is known; null where nothing is. */
function mean() {
  let sum = 0;
  let count = 0;
  return {
    add(value: number | undefined): void {
      if (value === undefined) return;
      sum += value;
      count += 1;
    },
    value: (): number | null => (count === 0 ? null : sum / count),
  };
}
