import type { ArtifactRef } from '@parley/platform';
import type { Evaluation } from './evaluation.ts';
import type { Outcome, SeatTraining, Verdict } from './gate.ts';
import type { CycleState, JobState, SealedDataset } from './state.ts';
import type { TrainingFigures } from './training.ts';

/** An ended iteration but for its evaluation, which is stored beside it. */
export type IterationRecord = {
  iteration: number;
  verdict: Outcome;
  /** The revision that was evaluated. */
  revision: number;
  gate: Verdict;
  /** Rows by seat (or 'all') and pool. */
  rows: Record<string, Record<string, number>>;
  /** By seat (or 'all'); a seat without rows is absent. */
  training: Record<string, TrainingFigures & { adapter: ArtifactRef }>;
  /** From the iteration's first step to its end. */
  seconds: number;
  manifest: ArtifactRef;
};

/** Everything about an ended iteration. */
export type IterationReport = IterationRecord &
  Omit<Evaluation, 'cycle' | 'iteration' | 'revision'>;

/** The record of a decided iteration at the moment of its conclusion. */
export function iterationRecord(
  state: CycleState,
  verdict: Verdict,
  manifest: ArtifactRef,
  at: number,
): IterationRecord {
  const { iteration, work, current, iterationSince } = state;
  return {
    iteration,
    verdict: verdict.outcome,
    revision: work.candidate ?? current.revision,
    gate: verdict,
    rows: Object.fromEntries(work.datasets.map(({ seat, pools }) => [seat, pools])),
    training: Object.fromEntries(
      Object.entries(work.jobs).flatMap(([seat, job]) =>
        job.status === 'done' ? [[seat, { ...job.figures, adapter: job.adapter }]] : [],
      ),
    ),
    seconds: Math.max(0, at - iterationSince) / 1000,
    manifest,
  };
}

/** An iteration's record and its evaluation as one. */
export function iterationReport(record: IterationRecord, evaluation: Evaluation): IterationReport {
  const { cycle: _cycle, iteration: _iteration, revision: _revision, ...figures } = evaluation;
  return { ...record, ...figures };
}

/** What the gate wants to know of the iteration's trainings. */
export function seatTrainings(
  datasets: SealedDataset[],
  jobs: Record<string, JobState>,
): SeatTraining[] {
  return datasets.map(({ seat, rows }) => {
    const job = jobs[seat];
    if (job?.status !== 'done') return { seat, rows };
    const { adapter, parentSha256, figures } = job;
    return {
      seat,
      rows,
      trained: { rows: figures.rowsTrained, adapterSha256: adapter.sha256, parentSha256 },
    };
  });
}
