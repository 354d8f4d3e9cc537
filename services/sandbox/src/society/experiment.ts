import { evaluate, parseExpression } from '../policy/expression.ts';
import { baseParameters } from '../policy/parameters.ts';
import type { Sampling } from '../policy/pen.ts';
import { seededRandom } from '../policy/random.ts';
import type { FitSettings } from '../train/fit.ts';
import type { Debate, Society } from './debate.ts';
import { debate, vote } from './debate.ts';
import { assemble, finetuneApart, finetunePooled } from './finetune.ts';
import { makeProblems } from './problems.ts';

/** What an experiment runs on. */
export interface ExperimentSettings {
  readonly arm: 'apart' | 'pooled';
  readonly agents: number;
  readonly iterations: number;
  readonly trainProblems: number;
  readonly testProblems: number;
  readonly sampling: Sampling;
  readonly fit: FitSettings;
  readonly seed: number;
}

/** Accuracy on held-out problems, and what a consensus looked like. */
export interface Measured {
  readonly iteration: number;
  readonly single: number;
  readonly majority: number;
  readonly debate: number;
  /** Share of last-round answers that equal the consensus. */
  readonly consensus: number;
  /** Share of pairs of first-round answers that differ. */
  readonly disagreement: number;
}

/** Debates and finetunes a society for some iterations; measures before and after each. */
export function experiment(settings: ExperimentSettings): Measured[] {
  const { agents, iterations, sampling, seed, arm } = settings;
  const random = seededRandom(seed);
  const train = makeProblems(settings.trainProblems, random);
  const held = makeProblems(settings.testProblems, random).filter((p) => !train.includes(p));
  const theta = baseParameters();
  const seats = Array.from({ length: agents }, () => theta);
  let society: Society = { base: theta, generators: seats, critics: seats };
  const measured: Measured[] = [];
  for (let iteration = 0; ; iteration++) {
    const start = (seed * 1000 + iteration) * 1_000_000;
    const tested = held.map((p, i) => debate(society, p, sampling, start + i * 16, random));
    measured.push(measure(iteration, tested, random));
    if (iteration === iterations) return measured;
    const debates = train.map((p, i) => {
      return debate(society, p, sampling, start + 500_000 + i * 16, random);
    });
    const rows = assemble(debates, agents, 0.5);
    const finetune = arm === 'apart' ? finetuneApart : finetunePooled;
    society = finetune(society, rows, { ...settings.fit, seed: settings.fit.seed + iteration });
  }
}

function measure(iteration: number, debates: readonly Debate[], random: () => number): Measured {
  const shares = { single: 0, majority: 0, debate: 0, consensus: 0, disagreement: 0 };
  for (const { problem, first, last, consensus } of debates) {
    const expression = parseExpression(problem);
    const truth = expression === null ? null : evaluate(expression);
    const share = (test: (answer: number | null) => boolean, of: readonly (number | null)[]) =>
      of.filter(test).length / of.length;
    shares.single += share((answer) => answer === truth, first);
    shares.majority += vote(first, random) === truth ? 1 : 0;
    shares.debate += consensus === truth ? 1 : 0;
    shares.consensus += share((answer) => answer === consensus, last);
    const pairs = first.flatMap((a, i) => first.slice(i + 1).map((b) => a !== b));
    shares.disagreement += pairs.filter(Boolean).length / pairs.length;
  }
  const n = debates.length;
  return {
    iteration,
    single: shares.single / n,
    majority: shares.majority / n,
    debate: shares.debate / n,
    consensus: shares.consensus / n,
    disagreement: shares.disagreement / n,
  };
}
