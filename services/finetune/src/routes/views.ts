import type { Static } from 'typebox';
import type { IterationReport } from '../domain/report.ts';
import { type CycleRecord, phaseOf } from '../domain/state.ts';
import type { CycleSummary, CycleView } from './schemas.ts';

/** A cycle as lists show it. */
export function cycleSummary({ spec, createdAt, state }: CycleRecord): Static<typeof CycleSummary> {
  const { status, reason, detail, iteration, progress } = state;
  return { spec, status, reason, detail, iteration, phase: phaseOf(state), ...progress, createdAt };
}

/** A cycle with all that is known of it. */
export function cycleView(record: CycleRecord, iterations: IterationReport[]): CycleView {
  const { setting, state } = record;
  const jobs = Object.entries(state.work.jobs).map(([seat, job]) => {
    const { status, attempts } = job;
    return [
      seat,
      job.status === 'waiting'
        ? { status, attempts, progress: job.progress }
        : { status, attempts },
    ];
  });
  return {
    ...cycleSummary(record),
    task: setting.task,
    agents: setting.agents,
    revision: state.current.revision,
    log: state.log,
    jobs: Object.fromEntries(jobs),
    iterations,
  };
}
