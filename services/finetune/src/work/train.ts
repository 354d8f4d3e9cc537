import { type ArtifactRef, folderDigest, ParleyError, putFolder } from '@parley/platform';
import type { TrainingOutcome } from '../adapters/trainer-launcher.ts';
import type { FinetuneContext } from '../context.ts';
import { jobName, seeds } from '../domain/spec.ts';
import type { JobProgress, SealedDataset } from '../domain/state.ts';
import { figuresOf, type TrainingJob } from '../domain/training.ts';
import { type CycleRun, launcherOf, type StepSignals } from './cycle-run.ts';

const PROGRESS_MS = 1_000;

/** Trains every seat whose dataset has rows, as many at once as there are slots. */
export async function train(
  context: FinetuneContext,
  run: CycleRun,
  signals: StepSignals,
): Promise<void> {
  const { spec } = run.record;
  const { iteration, current, work } = run.state;
  const waiting = work.datasets.filter(({ seat }) => work.jobs[seat]?.status === 'waiting');
  if (waiting.length > 0) {
    const parents = await context.inference.adapters(spec.society, current.revision, signals.soft);
    const progress = progressReports(run, iteration);
    const ends = await Promise.allSettled(
      waiting.map((dataset) => {
        const parent = parents[dataset.seat === 'all' ? 'gen-1' : dataset.seat] ?? null;
        const report = (reached: JobProgress) => progress.add(dataset.seat, reached);
        return trainSeat(context, run, { dataset, parent, report }, signals);
      }),
    );
    await progress.close();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
  await run.apply({ type: 'trained', iteration });
}

type Seat = {
  dataset: SealedDataset;
  parent: ArtifactRef | null;
  report: (progress: JobProgress) => void;
};

/** Trains one seat until it succeeds or the cycle has failed over it. */
async function trainSeat(
  context: FinetuneContext,
  run: CycleRun,
  { dataset, parent, report }: Seat,
  { hard, soft }: StepSignals,
): Promise<void> {
  const { seat } = dataset;
  const { iteration } = run.state;
  const launcher = launcherOf(context);
  for (;;) {
    const giveBack = await context.slots.take(soft);
    try {
      const state = run.state.work.jobs[seat];
      if (run.state.iteration !== iteration || state?.status !== 'waiting') return;
      const job = jobOf(run, seat, state.attempts, parent, dataset);
      await launcher.start(job, hard);
      const outcome = await launcher.watch(job.name, { signal: hard, onProgress: report });
      await record(context, run, { seat, attempt: state.attempts, parent, outcome });
    } finally {
      giveBack();
    }
  }
}

function jobOf(
  run: CycleRun,
  seat: string,
  attempt: number,
  parent: ArtifactRef | null,
  { uri, sha256 }: SealedDataset,
): TrainingJob {
  const { spec, setting } = run.record;
  const { iteration } = run.state;
  return {
    name: jobName(spec.name, iteration, seat, attempt),
    base: setting.base,
    parent,
    dataset: { uri, sha256 },
    method: spec.method,
    seed: seeds.training(spec, iteration, seat),
  };
}

type Ended = {
  seat: string;
  attempt: number;
  parent: ArtifactRef | null;
  outcome: TrainingOutcome;
};

/** Stores the adapter of a job that succeeded, and how the job ended. */
async function record(
  { artifacts, metrics }: FinetuneContext,
  run: CycleRun,
  { seat, attempt, parent, outcome }: Ended,
): Promise<void> {
  const { iteration } = run.state;
  if (outcome.status === 'failed') {
    metrics.jobEnded('failed');
    const { message, log } = outcome;
    return run.apply({ type: 'jobFailed', iteration, seat, attempt, message, log });
  }
  const { result, adapterDir } = outcome;
  const digest = await folderDigest(adapterDir).catch(() => 'none, for it cannot be read');
  if (digest !== result.adapterSha256) {
    metrics.jobEnded('failed');
    const message = `the adapter's digest is ${digest}, but result.json says ${result.adapterSha256}`;
    return run.apply({ type: 'jobFailed', iteration, seat, attempt, message, log: [] });
  }
  const adapter = await putFolder(artifacts, `adapters/${digest}`, adapterDir);
  if (adapter.sha256 !== digest)
    throw new ParleyError('DATA_CORRUPT', `the adapter of ${seat} changed while it was stored`);
  metrics.jobEnded('succeeded');
  await run.apply({
    type: 'jobSucceeded',
    iteration,
    seat,
    adapter,
    parentSha256: parent?.sha256 ?? null,
    figures: figuresOf(result),
  });
}

/** Puts the jobs' progress into the record, all of it at most once a second. */
function progressReports(run: CycleRun, iteration: number) {
  let reached: Record<string, JobProgress> = {};
  let storing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    const progress = reached;
    if (Object.keys(progress).length === 0) return;
    reached = {};
    // What keeps this from being stored keeps the jobs' ends from being stored too, and is thrown there.
    storing = run.apply({ type: 'jobsProgressed', iteration, progress }).catch(() => {});
  }, PROGRESS_MS);
  return {
    add(seat: string, progress: JobProgress): void {
      reached[seat] = progress;
    },
    async close(): Promise<void> {
      clearInterval(timer);
      await storing;
    },
  };
}
