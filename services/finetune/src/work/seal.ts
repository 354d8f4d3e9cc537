import { ParleyError } from '@parley/platform';
import type { FinetuneContext } from '../context.ts';
import { collectionId, seatsOf, seeds } from '../domain/spec.ts';
import type { CycleRun, StepSignals } from './cycle-run.ts';

/** Has the training debates assembled into datasets: one for each seat, or one of all rows. */
export async function seal(
  { dataset, metrics }: FinetuneContext,
  run: CycleRun,
  { hard }: StepSignals,
): Promise<void> {
  const { spec, setting } = run.record;
  const { iteration } = run.state;
  const { weight, pooling } = spec;
  const datasets = await dataset.seal(
    {
      collection: collectionId(spec.name, iteration, 'training'),
      weight,
      pooling,
      seed: seeds.seal(spec, iteration),
    },
    hard,
  );
  const seats = datasets.map(({ seat }) => seat).sort();
  const expected = (pooling === 'all' ? ['all'] : seatsOf(setting.agents)).sort();
  if (seats.join() !== expected.join())
    throw new ParleyError(
      'DATA_CORRUPT',
      `the datasets are of ${seats.join(', ') || 'no seat'}; they should be of ${expected.join(', ')}`,
    );
  await run.apply({ type: 'sealed', iteration, datasets });
  for (const { rows } of datasets) if (rows === 0) metrics.jobEnded('skipped');
}
