import type { Evaluation, Flips } from './evaluation.ts';
import type { GateSpec } from './spec.ts';
import { excess, pairedDifference } from './statistics.ts';

/** Standard errors from which a change counts as one; a gate that tolerates more raises it for accuracy. */
export const SIGNIFICANT = 2;

/** What became of one seat's training. */
export type SeatTraining = {
  seat: string;
  /** Rows of its dataset. */
  rows: number;
  /** Absent when there was nothing to train on. */
  trained?: { rows: number; adapterSha256: string; parentSha256: string | null };
};

export type Outcome = 'baseline' | 'promoted' | 'rejected' | 'collapsed';

/** What the gate decided, with every figure that it looked at. */
export type Verdict = {
  outcome: Outcome;
  /** Why, in words: first what was decisive, then warnings. */
  reasons: string[];
  /** Debate accuracy on the same problems; null for iteration 0. */
  accuracy: {
    candidate: number;
    current: number;
    /** candidate − current and the standard error of that paired difference. */
    difference: number;
    standardError: number;
    /** The lowest difference that is tolerated. */
    lowest: number;
  } | null;
  /** Embedding dissimilarity; null when it was not measured. */
  diversity: { candidate: number; first: number; lowest: number } | null;
  /** Consensus rates. */
  agreement: { candidate: number; current: number } | null;
  /** Answers that the last round changed; `excess` in standard errors, positive when more were spoilt. */
  flips: { wrongToRight: number; rightToWrong: number; excess: number } | null;
};

/** Iteration 0 is what others are measured against. */
export function baselineVerdict(): Verdict {
  return {
    outcome: 'baseline',
    reasons: ['the society as the cycle found it'],
    accuracy: null,
    diversity: null,
    agreement: null,
    flips: null,
  };
}

/**
 * Judges a candidate against the current revision, on the same problems with the same seeds.
 * - rejected: accuracy fell by more than `maxDropStandardErrors` standard errors of the paired difference;
 *   or dissimilarity is below `minDiversityShare` of iteration 0's; or an agent was not really trained;
 * - collapsed: agreement rose while accuracy fell significantly, or critics spoilt significantly more
 *   answers than they corrected, and more than the current revision's do;
 * - promoted: none of these.
 * @throws RangeError when the evaluations are of different problems.
 */
export function judge(input: {
  spec: GateSpec;
  candidate: Evaluation;
  current: Evaluation;
  first: Evaluation;
  seats: SeatTraining[];
}): Verdict {
  const { spec, candidate, current, first, seats } = input;
  const paired = pairedDifference(candidate.correct.debate, current.correct.debate);
  const accuracy = {
    candidate: candidate.strategies.debate.accuracy,
    current: current.strategies.debate.accuracy,
    ...paired,
    lowest: 0 - spec.maxDropStandardErrors * paired.standardError,
  };
  const agreement = { candidate: candidate.consensus, current: current.consensus };
  const flips = flipsOf(candidate.flips);
  const diversity = diversityOf(candidate, first, spec);
  const figures = { accuracy, diversity, agreement, flips };

  const collapse = collapseReasons(figures, flipsOf(current.flips), spec);
  const refused = [
    ...(accuracy.difference < accuracy.lowest
      ? [
          `accuracy fell by ${points(-accuracy.difference)}, more than ${spec.maxDropStandardErrors} standard errors of ${points(accuracy.standardError)}`,
        ]
      : []),
    ...(diversity && diversity.candidate < diversity.lowest
      ? [
          `embedding dissimilarity ${figure(diversity.candidate)} is below ${figure(diversity.lowest)}, ${spec.minDiversityShare} of iteration 0's`,
        ]
      : []),
    ...untrained(seats),
  ];
  const warnings = [
    ...(diversity ? [] : ['diversity was not judged: it was not measured']),
    ...seats
      .filter((seat) => seat.rows === 0)
      .map((seat) => `${seat.seat} keeps its version: it had no rows`),
  ];
  if (collapse.length > 0)
    return { outcome: 'collapsed', reasons: [...collapse, ...refused, ...warnings], ...figures };
  if (refused.length > 0)
    return { outcome: 'rejected', reasons: [...refused, ...warnings], ...figures };
  const kept = `accuracy changed by ${points(accuracy.difference)} ± ${points(accuracy.standardError)}`;
  return { outcome: 'promoted', reasons: [kept, ...warnings], ...figures };
}

function collapseReasons(
  { accuracy, agreement, flips }: Pick<FullFigures, 'accuracy' | 'agreement' | 'flips'>,
  before: FullFigures['flips'],
  spec: GateSpec,
): string[] {
  const fall = Math.max(SIGNIFICANT, spec.maxDropStandardErrors) * accuracy.standardError;
  return [
    ...(agreement.candidate > agreement.current && accuracy.difference < -fall
      ? [
          `agreement rose from ${figure(agreement.current)} to ${figure(agreement.candidate)} while accuracy fell by ${points(-accuracy.difference)} ± ${points(accuracy.standardError)}`,
        ]
      : []),
    ...(flips.excess > SIGNIFICANT &&
    flips.rightToWrong - flips.wrongToRight > before.rightToWrong - before.wrongToRight
      ? [
          `critics turned ${flips.rightToWrong} right answers wrong and ${flips.wrongToRight} wrong ones right`,
        ]
      : []),
  ];
}

type FullFigures = {
  accuracy: NonNullable<Verdict['accuracy']>;
  agreement: NonNullable<Verdict['agreement']>;
  flips: NonNullable<Verdict['flips']>;
};

function flipsOf(positions: Flips[]): FullFigures['flips'] {
  let wrongToRight = 0;
  let rightToWrong = 0;
  for (const position of positions) {
    wrongToRight += position.wrongToRight;
    rightToWrong += position.rightToWrong;
  }
  return { wrongToRight, rightToWrong, excess: excess(rightToWrong, wrongToRight) };
}

function diversityOf(
  candidate: Evaluation,
  first: Evaluation,
  spec: GateSpec,
): Verdict['diversity'] {
  const now = candidate.diversity.embedding;
  const then = first.diversity.embedding;
  if (now === null || then === null) return null;
  return { candidate: now, first: then, lowest: spec.minDiversityShare * then };
}

/** An empty dataset excuses one seat, not all of them. */
function untrained(seats: SeatTraining[]): string[] {
  if (!seats.some((seat) => seat.trained)) return ['no agent was trained'];
  return seats.flatMap(({ seat, rows, trained }) => {
    if (rows === 0) return [];
    if (!trained || trained.rows === 0) return [`${seat} was not trained on its ${rows} rows`];
    if (trained.adapterSha256 === trained.parentSha256)
      return [`${seat}'s adapter equals its parent`];
    return [];
  });
}

function points(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}

function figure(value: number): string {
  return value.toFixed(3);
}
