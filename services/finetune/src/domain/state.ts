import type { ArtifactRef } from '@parley/platform';
import type { Outcome, Verdict } from './gate.ts';
import type { CycleSetting, CycleSpec, Purpose } from './spec.ts';
import { firstStep, PHASE_OF, type Phase, type Step } from './steps.ts';
import type { TrainingFigures } from './training.ts';

export const STATUSES = ['running', 'paused', 'completed', 'failed', 'cancelled'] as const;

export type Status = (typeof STATUSES)[number];

/** One sealed dataset: of a seat, or of 'all' when pooled. */
export type SealedDataset = {
  seat: string;
  rows: number;
  /** Rows by pool: generation, corrected, kept. */
  pools: Record<string, number>;
  uri: string;
  sha256: string;
  manifest: ArtifactRef;
};

export type JobProgress = { step: number; steps: number; loss: number | null };

/** One training job of the iteration. `attempts` counts those that failed. */
export type JobState =
  | { status: 'waiting'; attempts: number; progress: JobProgress | null }
  | {
      status: 'done';
      attempts: number;
      adapter: ArtifactRef;
      parentSha256: string | null;
      figures: TrainingFigures;
    }
  /** Its dataset had no rows. */
  | { status: 'skipped'; attempts: 0 };

/** What the iteration under way has made so far. */
export type Work = {
  datasets: SealedDataset[];
  /** By seat, or 'all'. */
  jobs: Record<string, JobState>;
  /** The revision to evaluate; the current one when nothing was trained. */
  candidate: number | null;
  /** Present from the decision until the iteration is concluded. */
  verdict: Verdict | null;
};

/** An iteration that has ended; its manifest says what it was made of. */
export type Concluded = {
  iteration: number;
  outcome: Outcome;
  revision: number;
  manifest: ArtifactRef;
};

/** Everything that decides how a cycle goes on. Times are in milliseconds since the epoch. */
export type CycleState = {
  status: Status;
  /** A code: COLLAPSE, TRAINING_FAILED, CANCELLED or a reason of the platform's list; else empty. */
  reason: string;
  /** The reason in words. */
  detail: string;
  /** The last lines of a failed job. */
  log: string[];
  iteration: number;
  step: Step;
  phaseSince: number;
  iterationSince: number;
  progress: { done: number; total: number };
  /** The revision that debates run with, and the iteration that evaluated it. */
  current: { revision: number; iteration: number };
  work: Work;
  concluded: Concluded[];
};

/** A cycle as it is stored. */
export type CycleRecord = {
  spec: CycleSpec;
  setting: CycleSetting;
  /** RFC 3339. */
  createdAt: string;
  state: CycleState;
};

/** A cycle that has just been accepted. */
export function initialState(setting: CycleSetting, at: number): CycleState {
  return {
    status: 'running',
    reason: '',
    detail: '',
    log: [],
    iteration: 0,
    step: firstStep(0),
    phaseSince: at,
    iterationSince: at,
    progress: { done: 0, total: 0 },
    current: { revision: setting.revision, iteration: 0 },
    work: emptyWork(),
    concluded: [],
  };
}

/** What an iteration starts with. */
export function emptyWork(): Work {
  return { datasets: [], jobs: {}, candidate: null, verdict: null };
}

/** Whether no event can set the cycle going again. */
export function isTerminal(state: CycleState): boolean {
  return state.status !== 'running' && state.status !== 'paused';
}

/** Whether an iteration was decided and its end is not recorded yet: that is finished whatever the status. */
export function isDecided(state: CycleState): boolean {
  return state.step === 'conclude' && state.work.verdict !== null;
}

/** Whether nothing of the cycle will change any more, so that another one may have the society. */
export function isSettled(state: CycleState): boolean {
  return isTerminal(state) && !isDecided(state);
}

export function phaseOf(state: CycleState): Phase {
  return isTerminal(state) ? 'ended' : PHASE_OF[state.step];
}

/** What the debates are for that were asked for and may still run. */
export function awaitedPurpose({ step }: CycleState): Purpose | undefined {
  if (step === 'awaitTraining') return 'training';
  return step === 'awaitEvaluation' ? 'evaluation' : undefined;
}
