import type { FinetuneContext } from '../context.ts';
import { baselineVerdict, judge } from '../domain/gate.ts';
import { seatTrainings } from '../domain/report.ts';
import type { CycleRun } from './cycle-run.ts';
import { getEvaluation } from './stored.ts';

/** Decides about the candidate. From then on the iteration is concluded whatever happens. */
export async function gate({ store }: FinetuneContext, run: CycleRun): Promise<void> {
  const { spec } = run.record;
  const { iteration, current, work } = run.state;
  if (iteration === 0) return run.apply({ type: 'gated', iteration, verdict: baselineVerdict() });
  const evaluationOf = (one: number) => getEvaluation(store, spec.name, one);
  const candidate = await evaluationOf(iteration);
  const standing = await evaluationOf(current.iteration);
  const first = await evaluationOf(0);
  const verdict = judge({
    spec: spec.gate,
    candidate,
    current: standing,
    first,
    seats: seatTrainings(work.datasets, work.jobs),
  });
  await run.apply({ type: 'gated', iteration, verdict });
}
