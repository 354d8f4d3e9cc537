import type { ArtifactRef } from '@parley/platform';
import type { Verdict } from './gate.ts';
import type { CycleSpec, Purpose } from './spec.ts';
import {
  type CycleState,
  emptyWork,
  isDecided,
  isTerminal,
  type JobProgress,
  type JobState,
  phaseOf,
  type SealedDataset,
} from './state.ts';
import { firstStep, PHASE_OF, type Step } from './steps.ts';
import type { TrainingFigures } from './training.ts';

/** Trainings of one seat in one iteration before the cycle fails. */
export const MAX_ATTEMPTS = 3;

/** What happened. Results of steps name their iteration: one that comes late or twice changes nothing. */
export type CycleEvent = { at: number } & (
  | { type: 'requested'; iteration: number; purpose: Purpose; total: number }
  | { type: 'progressed'; iteration: number; purpose: Purpose; done: number; total: number }
  | { type: 'filled'; iteration: number; purpose: Purpose }
  | { type: 'sealed'; iteration: number; datasets: SealedDataset[] }
  | { type: 'jobsProgressed'; iteration: number; progress: Record<string, JobProgress> }
  | {
      type: 'jobSucceeded';
      iteration: number;
      seat: string;
      adapter: ArtifactRef;
      parentSha256: string | null;
      figures: TrainingFigures;
    }
  | {
      type: 'jobFailed';
      iteration: number;
      seat: string;
      attempt: number;
      message: string;
      log: string[];
    }
  | { type: 'trained'; iteration: number }
  | { type: 'registered'; iteration: number; revision: number }
  | { type: 'evaluated'; iteration: number }
  | { type: 'gated'; iteration: number; verdict: Verdict }
  | { type: 'concluded'; iteration: number; manifest: ArtifactRef }
  | { type: 'paused' }
  | { type: 'resumed' }
  | { type: 'cancelled' }
  | { type: 'failed'; reason: string; detail: string }
);

/**
 * What is to be done for a state: one step; `rest` until somebody resumes; or `settle`, after which
 * nothing is left to do: jobs that still run are stopped.
 */
export type Command = Step | 'rest' | 'settle';

/**
 * A state and an event give the next state and what to do then. An event that does not belong to the state
 * gives back the very same state, so that repeating one, or sending it too late, does no harm.
 */
export function reduce(
  spec: CycleSpec,
  state: CycleState,
  event: CycleEvent,
): { state: CycleState; command: Command } {
  const next = withPhaseClock(state, apply(spec, state, event), event.at);
  return { state: next, command: commandOf(next) };
}

/** What a state calls for. An iteration that was decided is concluded even when the cycle is cancelled. */
export function commandOf(state: CycleState): Command {
  if (isTerminal(state)) return isDecided(state) ? 'conclude' : 'settle';
  return state.status === 'paused' ? 'rest' : state.step;
}

function withPhaseClock(before: CycleState, after: CycleState, at: number): CycleState {
  const moved = before.iteration !== after.iteration || phaseOf(before) !== phaseOf(after);
  return moved ? { ...after, phaseSince: at } : after;
}

function apply(spec: CycleSpec, state: CycleState, event: CycleEvent): CycleState {
  switch (event.type) {
    case 'paused':
      return state.status === 'running' ? { ...state, status: 'paused' } : state;
    case 'resumed':
      return state.status === 'paused' ? { ...state, status: 'running' } : state;
    case 'cancelled':
      return isTerminal(state)
        ? state
        : { ...state, status: 'cancelled', reason: 'CANCELLED', detail: 'cancelled on request' };
    case 'failed':
      return failed(state, event.reason, event.detail);
    case 'concluded':
      return state.iteration === event.iteration && isDecided(state)
        ? concluded(spec, state, event)
        : state;
    default:
      return isTerminal(state) || event.iteration !== state.iteration
        ? state
        : advanced(state, event);
  }
}

type StepEvent = Exclude<
  CycleEvent,
  { type: 'paused' | 'resumed' | 'cancelled' | 'failed' | 'concluded' }
>;

/** The effect of a step's result on a cycle that has not ended. */
function advanced(state: CycleState, event: StepEvent): CycleState {
  const { step, work } = state;
  switch (event.type) {
    case 'requested':
      return step === REQUEST[event.purpose]
        ? { ...state, step: AWAIT[event.purpose], progress: { done: 0, total: event.total } }
        : state;
    case 'progressed': {
      const { done, total } = event;
      const changed = done !== state.progress.done || total !== state.progress.total;
      return step === AWAIT[event.purpose] && changed
        ? { ...state, progress: { done, total } }
        : state;
    }
    case 'filled':
      return step === AWAIT[event.purpose]
        ? to(state, event.purpose === 'training' ? 'seal' : 'evaluate')
        : state;
    case 'sealed':
      return step === 'seal' ? sealed(state, event.datasets) : state;
    case 'jobsProgressed':
      return step === 'train' ? jobsProgressed(state, event.progress) : state;
    case 'jobSucceeded': {
      const { adapter, parentSha256, figures } = event;
      return withJob(state, event.seat, ({ attempts }) => ({
        status: 'done',
        attempts,
        adapter,
        parentSha256,
        figures,
      }));
    }
    case 'jobFailed':
      return jobFailed(state, event);
    case 'trained':
      return step === 'train' && !hasWaiting(state) ? to(state, 'register') : state;
    case 'registered': {
      if (step !== 'register') return state;
      const candidate = { ...state, work: { ...work, candidate: event.revision } };
      // The same revision on the same problems with the same seeds: its figures are known.
      const known = event.revision === state.current.revision;
      return to(candidate, known ? 'evaluate' : 'requestEvaluation');
    }
    case 'evaluated':
      return step === 'evaluate' ? to(state, 'gate') : state;
    case 'gated':
      return step === 'gate'
        ? to({ ...state, work: { ...work, verdict: event.verdict } }, 'conclude')
        : state;
    default:
      return event satisfies never;
  }
}

const REQUEST = { training: 'requestTraining', evaluation: 'requestEvaluation' } as const;
const AWAIT = { training: 'awaitTraining', evaluation: 'awaitEvaluation' } as const;

/** Another step; the progress of a phase ends with it. */
function to(state: CycleState, step: Step): CycleState {
  const samePhase = PHASE_OF[step] === PHASE_OF[state.step];
  return { ...state, step, progress: samePhase ? state.progress : { done: 0, total: 0 } };
}

function sealed(state: CycleState, datasets: SealedDataset[]): CycleState {
  const jobs = Object.fromEntries(
    datasets.map(({ seat, rows }): [string, JobState] => [
      seat,
      rows === 0
        ? { status: 'skipped', attempts: 0 }
        : { status: 'waiting', attempts: 0, progress: null },
    ]),
  );
  const next = to({ ...state, work: { ...state.work, datasets, jobs } }, 'train');
  return { ...next, progress: jobProgress(jobs) };
}

function jobProgress(jobs: Record<string, JobState>): CycleState['progress'] {
  const all = Object.values(jobs);
  return { done: all.filter(({ status }) => status !== 'waiting').length, total: all.length };
}

function hasWaiting(state: CycleState): boolean {
  return Object.values(state.work.jobs).some(({ status }) => status === 'waiting');
}

type Waiting = Extract<JobState, { status: 'waiting' }>;

/** The state after a change of a job that was waiting; the same state for any other job. */
function withJob(state: CycleState, seat: string, change: (job: Waiting) => JobState): CycleState {
  const job = state.work.jobs[seat];
  if (state.step !== 'train' || job?.status !== 'waiting') return state;
  const jobs = { ...state.work.jobs, [seat]: change(job) };
  return { ...state, work: { ...state.work, jobs }, progress: jobProgress(jobs) };
}

function jobsProgressed(state: CycleState, progress: Record<string, JobProgress>): CycleState {
  let next = state;
  for (const [seat, reached] of Object.entries(progress))
    next = withJob(next, seat, (job) => ({ ...job, progress: reached }));
  return next;
}

function jobFailed(
  state: CycleState,
  event: Extract<CycleEvent, { type: 'jobFailed' }>,
): CycleState {
  const { seat, attempt, message, log } = event;
  const job = state.work.jobs[seat];
  if (job?.status !== 'waiting' || job.attempts !== attempt) return state;
  const attempts = attempt + 1;
  const next = withJob(state, seat, () => ({ status: 'waiting', attempts, progress: null }));
  if (next === state || attempts < MAX_ATTEMPTS) return next;
  const detail = `training ${seat} in iteration ${state.iteration} failed ${attempts} times: ${message}`;
  return { ...failed(next, 'TRAINING_FAILED', detail), log };
}

/** A cycle that has ended stays as it is, but gives up an iteration that cannot be concluded. */
function failed(state: CycleState, reason: string, detail: string): CycleState {
  const work = isDecided(state) ? { ...state.work, verdict: null } : state.work;
  if (!isTerminal(state)) return { ...state, status: 'failed', reason, detail, work };
  if (work === state.work) return state;
  return { ...state, detail: `${state.detail}; ${reason}: ${detail}`, work };
}

function concluded(
  spec: CycleSpec,
  state: CycleState,
  event: Extract<CycleEvent, { type: 'concluded' }>,
): CycleState {
  const { iteration, work } = state;
  const { verdict, candidate } = work;
  if (!verdict) return state;
  const { outcome } = verdict;
  const revision = candidate ?? state.current.revision;
  const ended: CycleState = {
    ...state,
    current: outcome === 'promoted' ? { revision, iteration } : state.current,
    work: { ...work, verdict: null },
    concluded: [...state.concluded, { iteration, outcome, revision, manifest: event.manifest }],
  };
  if (isTerminal(state)) return ended;
  if (outcome === 'collapsed')
    return { ...ended, status: 'failed', reason: 'COLLAPSE', detail: verdict.reasons.join('; ') };
  if (iteration >= spec.iterations) return { ...ended, status: 'completed' };
  const next = iteration + 1;
  return {
    ...ended,
    iteration: next,
    step: firstStep(next),
    iterationSince: event.at,
    progress: { done: 0, total: 0 },
    work: emptyWork(),
  };
}
