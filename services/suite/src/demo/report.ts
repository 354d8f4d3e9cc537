import { pairedDifference } from '@parley/finetune';

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

export type ReportIteration = Omit<CycleIteration, 'correct'> & {
  /** The iteration whose society answers: this one, or, after a rejection, the last one promoted. */
  society: number;
  /** Of single-agent finetuning, as `diversity` is the society's; absent where its cycle did not get that far. */
  singleAgentDiversity?: Record<string, number | null>;
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

/** What a report says of its run. */
export type DemoRun = {
  seed: number;
  /** The model and where it ran. */
  engine: string;
  /** What the results mean and do not mean. */
  note: string;
  /** Processors and memory of the machine that ran the services. */
  machine: string;
  /** Day of the run's end, YYYY-MM-DD. */
  date: string;
  seconds: number;
};

export type DemoReport = DemoRun & {
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

/** The strategies that a report has figures of. */
export function strategiesOf({ iterations }: DemoReport): StrategyName[] {
  const names = Object.keys(STRATEGIES) as StrategyName[];
  return names.filter((name) => iterations.some(({ strategies }) => strategies[name]));
}

/**
 * The demo's report out of two cycles on the same problems: the society's, and that of the baseline in which
 * one model, finetuned on everything pooled, sits in every seat. Iteration 0 is the untrained society, whose
 * figures are also the baselines `base`, `majority` and `untrainedDebate` of every iteration. Where the gate
 * rejected a candidate, the society's figures are those of the revision that it kept.
 */
export function buildReport(
  run: DemoRun,
  society: CycleIteration[],
  baseline: CycleIteration[],
): DemoReport {
  const [first] = society;
  if (!first) throw new Error('a report needs at least the iteration 0 of the society');
  const standing = kept(society);
  const pooled = kept(baseline);
  const iterations = society.map((one, index): ReportIteration => {
    const current = standing[index] as CycleIteration;
    return {
      iteration: one.iteration,
      verdict: one.verdict,
      society: current.iteration,
      seconds: one.seconds + (baseline[index]?.seconds ?? 0),
      rows: one.rows,
      consensus: current.consensus,
      diversity: current.diversity,
      ...(pooled[index] ? { singleAgentDiversity: pooled[index].diversity } : {}),
      strategies: ordered({
        base: first.strategies.single,
        majority: first.strategies.majority,
        untrainedDebate: first.strategies.debate,
        singleAgentFinetuning: pooled[index]?.strategies.debate,
        single: current.strategies.single,
        noDebate: current.strategies.majority,
        debate: current.strategies.debate,
      }),
    };
  });
  return { ...run, iterations, comparisons: compareLast(first, standing.at(-1), pooled.at(-1)) };
}

/** For every iteration the one whose revision is current after it. */
function kept(iterations: CycleIteration[]): CycleIteration[] {
  let current: CycleIteration | undefined;
  return iterations.map((one) => {
    if (current === undefined || one.verdict === 'promoted') current = one;
    return current;
  });
}

function ordered(
  found: Record<StrategyName, StrategyResult | undefined>,
): Record<string, StrategyResult> {
  const present = Object.entries(found).filter(
    (entry): entry is [string, StrategyResult] => entry[1] !== undefined,
  );
  return Object.fromEntries(present);
}

/** The debate of the society that stands at the end against every baseline, paired by problem. */
function compareLast(
  first: CycleIteration,
  last: CycleIteration | undefined,
  pooled: CycleIteration | undefined,
): Comparison[] {
  const debate = last?.correct.debate;
  if (last === undefined || debate === undefined) return [];
  const baselines: Partial<Record<StrategyName, string | undefined>> = {
    base: first.correct.single,
    majority: first.correct.majority,
    untrainedDebate: last === first ? undefined : first.correct.debate,
    singleAgentFinetuning: pooled?.correct.debate,
    noDebate: last.correct.majority,
  };
  return Object.entries(baselines).flatMap(([name, bits]) =>
    bits === undefined
      ? []
      : [
          {
            strategy: 'debate',
            baseline: name,
            iteration: last.iteration,
            ...compared(debate, bits),
          },
        ],
  );
}

function compared(
  strategy: string,
  baseline: string,
): Pick<Comparison, 'difference' | 'standardError' | 'shown'> {
  const { difference, standardError } = pairedDifference(strategy, baseline);
  return { difference, standardError, shown: Math.abs(difference) > 2 * standardError };
}
