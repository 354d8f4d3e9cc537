import { canonicalJson, deriveSeed } from '@parley/platform';

/** What a candidate revision must keep to be promoted. */
export type GateSpec = {
  /** Largest tolerated drop of accuracy, in standard errors of the paired difference. */
  maxDropStandardErrors: number;
  /** Smallest tolerated share of iteration 0's embedding dissimilarity. */
  minDiversityShare: number;
};

/** Whether every seat is trained on its own rows, or one agent on all rows. */
export type Pooling = 'seat' | 'all';

/** What a caller asks for. */
export type CycleSpec = {
  name: string;
  society: string;
  problemSet: string;
  /** L, at most 100; 0 evaluates the society as it is. */
  iterations: number;
  seed: number;
  /** w, the share of a critic's rows in which it corrected itself. */
  weight: number;
  pooling: Pooling;
  /** The trainer's settings, passed to it unread. */
  method: Record<string, unknown>;
  gate: GateSpec;
};

/** An immutable set of problems. */
export type SplitRef = { problems: number; uri: string; sha256: string };

/** What the names of a spec stood for when the cycle was created; it stays so for the whole cycle. */
export type CycleSetting = {
  base: string;
  /** N. */
  agents: number;
  /** The society's current revision, which iteration 0 evaluates. */
  revision: number;
  task: string;
  train: SplitRef;
  evaluation: SplitRef;
};

/** What a collection of debates is for. */
export type Purpose = 'training' | 'evaluation';

export const LIMITS = {
  iterations: 100,
  methodBytes: 16 * 1024,
  name: '^[a-z0-9][a-z0-9-]{0,62}$',
} as const;

export const DEFAULTS = {
  seed: 0,
  weight: 0.5,
  pooling: 'seat',
  gate: { maxDropStandardErrors: 2, minDiversityShare: 0.5 },
} as const;

/** Whether two requests ask for the same cycle. */
export function sameSpec(a: CycleSpec, b: CycleSpec): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** The id of an iteration's collection, and of the batch of debates that fills it. */
export function collectionId(cycle: string, iteration: number, purpose: Purpose): string {
  return `${cycle}.i${iteration}.${purpose === 'training' ? 'train' : 'evaluation'}`;
}

/** The idempotency key under which an iteration's candidate is added to the society's revisions. */
export function revisionRequestId(cycle: string, iteration: number): string {
  return `${cycle}.i${iteration}`;
}

/** The name of a training job; a repetition after a failure is another job. `seat` is 'all' when pooled. */
export function jobName(cycle: string, iteration: number, seat: string, attempt: number): string {
  return `${cycle}.i${iteration}.${seat}.${attempt}`;
}

/** The 2N seats of a society of N agents, generation agents first. */
export function seatsOf(agents: number): string[] {
  const positions = Array.from({ length: agents }, (_, index) => index + 1);
  return [...positions.map((n) => `gen-${n}`), ...positions.map((n) => `critic-${n}`)];
}

/** Every seed of a cycle. Evaluations share one, so that revisions meet the same draws. */
export const seeds = {
  debates: (spec: CycleSpec, iteration: number, purpose: Purpose): number =>
    purpose === 'training'
      ? deriveSeed(spec.seed, iteration, 'train')
      : deriveSeed(spec.seed, 'evaluation'),
  seal: (spec: CycleSpec, iteration: number): number => deriveSeed(spec.seed, iteration, 'seal'),
  training: (spec: CycleSpec, iteration: number, seat: string): number =>
    deriveSeed(spec.seed, iteration, 'training', seat),
  majority: (spec: CycleSpec, problem: string): number =>
    deriveSeed(deriveSeed(spec.seed, 'evaluation'), problem),
};
