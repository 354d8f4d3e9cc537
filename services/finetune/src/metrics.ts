import { Counter, Gauge, Histogram, type Registry, sample } from '@parley/platform';
import { STATUSES, type Status } from './domain/state.ts';
import type { Phase } from './domain/steps.ts';

export type JobOutcome = 'succeeded' | 'failed' | 'skipped';

/** What the service measures. */
export type FinetuneMetrics = {
  phaseEnded(phase: Phase, seconds: number): void;
  jobEnded(outcome: JobOutcome): void;
  /** The iteration of a cycle that this replica runs. */
  running(cycle: string, iteration: number): void;
  /** The replica runs the cycle no more. */
  left(cycle: string): void;
};

/** Registers the metrics; `count` says how many cycles have a status. */
export function finetuneMetrics(
  registry: Registry,
  count: (status: Status) => Promise<number>,
): FinetuneMetrics {
  new Gauge({
    name: 'parley_cycles',
    help: 'Cycles by status; counted up to 1000 of each',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      await sample(this, async () => {
        const counts = await Promise.all(STATUSES.map(count));
        for (const [index, status] of STATUSES.entries()) this.set({ status }, counts[index] ?? 0);
      });
    },
  });
  const iteration = new Gauge({
    name: 'parley_cycle_iteration',
    help: 'The iteration of each cycle that this replica runs now',
    labelNames: ['cycle'],
    registers: [registry],
  });
  const phases = new Histogram({
    name: 'parley_cycle_phase_seconds',
    help: 'Duration of the phases of cycles',
    labelNames: ['phase'],
    buckets: [0.1, 1, 10, 60, 300, 1800, 7200, 43_200],
    registers: [registry],
  });
  const jobs = new Counter({
    name: 'parley_training_jobs_total',
    help: 'Training jobs by outcome; skipped had no rows',
    labelNames: ['outcome'],
    registers: [registry],
  });
  return {
    phaseEnded: (phase, seconds) => phases.observe({ phase }, seconds),
    jobEnded: (outcome) => jobs.inc({ outcome }),
    running: (cycle, at) => iteration.set({ cycle }, at),
    left: (cycle) => iteration.remove({ cycle }),
  };
}
