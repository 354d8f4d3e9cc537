/** Accuracy with its standard error sqrt(p(1−p)/n) over n problems. */
export type StrategyResult = { accuracy: number; standardError: number; problems: number };

/** What one ended iteration of a cycle says about itself; the part of the finetune service's answer that the demo uses. */
export type CycleIteration = {
  iteration: number;
  verdict: string;
  seconds: number;
  consensus: number;
  diversity: Record<string, number | null>;
  rows: Record<string, Record<string, number>>;
  strategies: Record<string, StrategyResult>;
  /** For every strategy one character a problem, in the problems' order: 1 right, 0 wrong. */
  correct: Record<string, string>;
};

export type ReportIteration = {
  iteration: number;
  verdict: string;
  seconds: number;
  consensus: number;
  diversity: Record<string, number | null>;
  rows: Record<string, Record<string, number>>;
  strategies: Record<string, StrategyResult>;
};

/** A difference of accuracies on the same problems. `shown` when it exceeds two standard errors. */
export type Comparison = {
  strategy: string;
  baseline: string;
  iteration: number;
  difference: number;
  standardError: number;
  shown: boolean;
};

export type DemoReport = {
  seed: number;
  engine: string;
  seconds: number;
  iterations: ReportIteration[];
  comparisons: Comparison[];
};

/** The strategies of the report, in the order in which people read them. */
export const STRATEGIES = {
  base: 'Base model, one answer',
  majority: 'Base model, majority of N',
  untrainedDebate: 'Debate without training',
  singleAgentFinetuning: 'Single-agent finetuning',
  single: 'Finetuned agent, one answer',
  noDebate: 'Finetuned agents, majority without debate',
  debate: 'Multiagent finetuning, debate',
} as const;

export type StrategyName = keyof typeof STRATEGIES;

/**
 * The demo's report out of two cycles on the same problems: the society's, and that of the baseline in which
 * one model, finetuned on everything pooled, sits in every seat. Iteration 0 is the untrained society, whose
 * figures are also the baselines `base`, `majority` and `untrainedDebate` of every iteration.
 */
export function buildReport(
  run: { seed: number; engine: string; seconds: number },
  society: CycleIteration[],
  baseline: CycleIteration[],
): DemoReport {
  const first = society[0];
  if (!first) throw new Error('a report needs at least the iteration 0 of the society');
  const iterations = society.map((one, index): ReportIteration => {
    const pooled = baseline[index];
    return {
      iteration: one.iteration,
      verdict: one.verdict,
      seconds: one.seconds + (pooled?.seconds ?? 0),
      consensus: one.consensus,
      diversity: one.diversity,
      rows: one.rows,
      strategies: ordered({
        base: first.strategies.single,
        majority: first.strategies.majority,
        untrainedDebate: first.strategies.debate,
        singleAgentFinetuning: pooled?.strategies.debate,
        single: one.strategies.single,
        noDebate: one.strategies.majority,
        debate: one.strategies.debate,
      }),
    };
  });
  return { ...run, iterations, comparisons: compareLast(society, baseline) };
}

function ordered(
  found: Record<StrategyName, StrategyResult | undefined>,
): Record<string, StrategyResult> {
  const present = Object.entries(found).filter(
    (entry): entry is [string, StrategyResult] => entry[1] !== undefined,
  );
  return Object.fromEntries(present);
}

/** The last iteration's debate against every baseline, paired by problem. */
function compareLast(society: CycleIteration[], baseline: CycleIteration[]): Comparison[] {
  const first = society[0];
  const last = society.at(-1);
  const pooled = baseline.at(-1);
  if (!first || !last || !pooled) return [];
  const baselines: Partial<Record<StrategyName, string | undefined>> = {
    base: first.correct.single,
    majority: first.correct.majority,
    untrainedDebate: first.correct.debate,
    singleAgentFinetuning: pooled.correct.debate,
    noDebate: last.correct.majority,
  };
  return Object.entries(baselines).flatMap(([name, bits]) =>
    bits === undefined || last.correct.debate === undefined
      ? []
      : [
          {
            strategy: 'debate',
            baseline: name,
            iteration: last.iteration,
            ...pairedDifference(last.correct.debate, bits),
          },
        ],
  );
}

/**
 * Mean difference of two strategies on the same problems and the standard error of that mean,
 * sqrt(var(d)/n) with d in {−1, 0, 1}.
 */
export function pairedDifference(
  strategy: string,
  baseline: string,
): { difference: number; standardError: number; shown: boolean } {
  const problems = Math.min(strategy.length, baseline.length);
  if (problems === 0) return { difference: 0, standardError: 0, shown: false };
  let sum = 0;
  let squares = 0;
  for (let problem = 0; problem < problems; problem++) {
    const difference = Number(strategy[problem]) - Number(baseline[problem]);
    sum += difference;
    squares += difference * difference;
  }
  const difference = sum / problems;
  const standardError = Math.sqrt(
    Math.max(0, squares / problems - difference * difference) / problems,
  );
  return { difference, standardError, shown: Math.abs(difference) > 2 * standardError };
}
