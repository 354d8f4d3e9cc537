import type { TrainedAgent } from '../adapters/inference.ts';
import type { FinetuneContext } from '../context.ts';
import { revisionRequestId, seatsOf } from '../domain/spec.ts';
import type { CycleRecord } from '../domain/state.ts';
import type { CycleRun, StepSignals } from './cycle-run.ts';

/**
 * Adds the trained agents to the society as a candidate revision; seats that were not trained keep what
 * they have. When nothing was trained the candidate is the current revision itself.
 */
export async function register(
  { inference }: FinetuneContext,
  run: CycleRun,
  { hard }: StepSignals,
): Promise<void> {
  const { spec } = run.record;
  const { iteration, current } = run.state;
  const agents = trainedAgents(run.record);
  const revision =
    agents.length === 0
      ? current.revision
      : await inference.addRevision(
          {
            society: spec.society,
            requestId: revisionRequestId(spec.name, iteration),
            agents,
            baseRevision: current.revision,
          },
          hard,
        );
  await run.apply({ type: 'registered', iteration, revision });
}

/** The seats that change; one adapter trained on everything sits in all of them. */
function trainedAgents({ spec, setting, state }: CycleRecord): TrainedAgent[] {
  const { iteration, work } = state;
  return work.datasets.flatMap(({ seat, sha256 }): TrainedAgent[] => {
    const job = work.jobs[seat];
    if (job?.status !== 'done') return [];
    const seats = seat === 'all' ? seatsOf(setting.agents) : [seat];
    return seats.map((one) => ({
      seat: one,
      base: setting.base,
      adapter: job.adapter,
      parentSha256: job.parentSha256,
      datasetSha256: sha256,
      cycle: spec.name,
      iteration,
    }));
  });
}
