import { emit, ParleyError, TOPICS } from '@parley/platform';
import { DebatesRequestedSchema } from '@parley/proto/debate';
import type { FinetuneContext } from '../context.ts';
import { collectionId, type Purpose, seeds } from '../domain/spec.ts';
import type { CycleRun, StepSignals } from './cycle-run.ts';

/**
 * Opens the iteration's collection and asks for the debates that fill it: over the train split with the
 * current revision, or over the evaluation split with the candidate.
 */
export async function requestDebates(
  { dataset }: FinetuneContext,
  run: CycleRun,
  purpose: Purpose,
  { hard }: StepSignals,
): Promise<void> {
  const { spec, setting } = run.record;
  const { iteration, current, work } = run.state;
  const id = collectionId(spec.name, iteration, purpose);
  const split = purpose === 'training' ? 'train' : 'evaluation';
  const revision = purpose === 'training' ? current.revision : (work.candidate ?? current.revision);
  const { society, problemSet } = spec;
  const { agents, task } = setting;
  const opened = await dataset.openCollection(
    { id, purpose, problemSet, split, society, revision, agents },
    hard,
  );
  if (opened.split.sha256 !== setting[split].sha256)
    throw new ParleyError(
      'FAILED_PRECONDITION',
      `the ${split} split of '${problemSet}' is no longer the one that the cycle was created with`,
    );
  const requested = emit(
    DebatesRequestedSchema,
    {
      batch: id,
      collection: id,
      template: { society, revision, task, priority: 'batch', batch: id, collection: id },
      problemsUri: setting[split].uri,
      problemsSha256: setting[split].sha256,
      seed: BigInt(seeds.debates(spec, iteration, purpose)),
    },
    { topic: TOPICS.debatesRequested, key: id, source: 'finetune', id },
  );
  const total = opened.expected;
  await run.apply({ type: 'requested', iteration, purpose, total }, [requested]);
}
