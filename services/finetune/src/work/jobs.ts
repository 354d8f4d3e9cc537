import type { FinetuneContext } from '../context.ts';
import { jobName } from '../domain/spec.ts';
import type { CycleRecord } from '../domain/state.ts';

/** Stops what may still be training for the iteration under way. */
export async function stopJobs(
  { launcher }: FinetuneContext,
  { spec, state }: CycleRecord,
): Promise<void> {
  await Promise.all(
    Object.entries(state.work.jobs).map(async ([seat, job]) => {
      if (job.status === 'waiting')
        await launcher?.stop(jobName(spec.name, state.iteration, seat, job.attempts));
    }),
  );
}

/** Stops the jobs of the iteration under way, and removes what all its attempts left behind. */
export async function removeJobs(
  { launcher }: FinetuneContext,
  { spec, state }: CycleRecord,
): Promise<void> {
  await Promise.all(
    Object.entries(state.work.jobs).map(async ([seat, { attempts }]) => {
      for (let attempt = 0; attempt <= attempts; attempt++)
        await launcher?.remove(jobName(spec.name, state.iteration, seat, attempt));
    }),
  );
}
