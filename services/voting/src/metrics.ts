import { Counter, Gauge, Histogram, type Registry } from '@parley/platform';
import type { EqualityRule, Verdict } from './domain/answer.ts';
import type { Vote } from './domain/vote/vote.ts';

/** How asking a judge ended: with an answer, with none that can be read, not at all, or not asked for too many answers. */
export const JUDGED = ['chosen', 'unreadable', 'failed', 'too-many'] as const;
export type Judged = (typeof JUDGED)[number];

/** What the service counts. */
export type VotingMetrics = {
  countVote(vote: Pick<Vote, 'winner' | 'tie'>): void;
  countGrade(equal: boolean): void;
  countVerdict(verdict: Verdict): void;
  countJudged(outcome: Judged): void;
  /** A pair that a worker has had, and for how many milliseconds. */
  symbolicPair(outcome: string, ms: number): void;
};

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** Registers the counters of votes, grades, comparisons and judges. */
export function createVotingMetrics(registry: Registry): VotingMetrics {
  const registers = [registry];
  const votes = new Counter({
    name: 'parley_votes_total',
    help: 'Votes by outcome: majority is a unique largest group, tie one that was broken, none no winner',
    labelNames: ['outcome'],
    registers,
  });
  const grades = new Counter({
    name: 'parley_grades_total',
    help: 'Graded pairs by whether the answer equals the reference',
    labelNames: ['equal'],
    registers,
  });
  const judged = new Counter({
    name: 'parley_judgements_total',
    help: 'Ties that a judge was to break, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const symbolic = new Histogram({
    name: 'parley_symbolic_seconds',
    help: 'Time that a worker had for a pair, by outcome',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers,
  });
  return {
    countVote: ({ winner, tie }) =>
      votes.inc({ outcome: winner === null ? 'none' : tie ? 'tie' : 'majority' }),
    countGrade: (equal) => grades.inc({ equal: String(equal) }),
    countVerdict: verdictCounter(registry),
    countJudged: (outcome) => judged.inc({ outcome }),
    symbolicPair: (outcome, ms) => symbolic.observe({ outcome }, ms / 1000),
  };
}

function verdictCounter(registry: Registry): VotingMetrics['countVerdict'] {
  const verdicts = new Counter({
    name: 'parley_equality_total',
    help: 'Comparisons by the step that decided (string, number, symbolic) and its verdict: true, false or unknown',
    labelNames: ['rule', 'equal'],
    registers: [registry],
  });
  const byRule = (rule: EqualityRule) => ({
    true: verdicts.labels({ rule, equal: 'true' }),
    false: verdicts.labels({ rule, equal: 'false' }),
    unknown: verdicts.labels({ rule, equal: 'unknown' }),
  });
  const rules = {
    '': byRule(''),
    string: byRule('string'),
    number: byRule('number'),
    symbolic: byRule('symbolic'),
  };
  return ({ rule, equal, unknown }) =>
    rules[rule][unknown ? 'unknown' : equal ? 'true' : 'false'].inc();
}

/** Registers the gauges of the workers; they are read when they are scraped. */
export function registerWorkerGauges(
  registry: Registry,
  pool: { readonly queued: number; readonly busy: number },
): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('parley_symbolic_queued', 'Pairs that wait for a worker', () => pool.queued);
  gauge('parley_symbolic_busy', 'Workers that compare a pair', () => pool.busy);
}
