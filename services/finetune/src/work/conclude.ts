import { ParleyError } from '@parley/platform';
import type { FinetuneContext } from '../context.ts';
import { iterationManifest, manifestPath } from '../domain/manifest.ts';
import { iterationRecord } from '../domain/report.ts';
import type { CycleRecord } from '../domain/state.ts';
import type { CycleRun, StepSignals } from './cycle-run.ts';
import { removeJobs } from './jobs.ts';
import { KEPT } from './stored.ts';

/**
 * Ends a decided iteration: its manifest is stored, its revision promoted if that was decided, its jobs'
 * folders removed, all of which can be done again; then one commit records the iteration.
 */
export async function conclude(
  context: FinetuneContext,
  run: CycleRun,
  { hard }: StepSignals,
): Promise<void> {
  const { spec } = run.record;
  const { iteration, work } = run.state;
  const { verdict, candidate } = work;
  if (!verdict) throw new ParleyError('DATA_CORRUPT', `iteration ${iteration} has no verdict`);
  const { uri, sha256 } = await context.artifacts.put(
    manifestPath(spec.name, iteration),
    Buffer.from(iterationManifest(run.record)),
  );
  if (verdict.outcome === 'promoted' && candidate !== null)
    await promote(context, run.record, candidate, hard);
  await removeJobs(context, run.record);
  const at = context.now();
  const manifest = { uri, sha256 };
  const report = iterationRecord(run.state, verdict, manifest, at);
  await run.apply(
    { type: 'concluded', iteration, manifest },
    [{ op: 'put', name: KEPT.iteration(iteration), value: report }],
    at,
  );
}

/** @throws ParleyError FAILED_PRECONDITION when somebody else changed the society's current revision. */
async function promote(
  { inference }: FinetuneContext,
  { spec, state }: CycleRecord,
  candidate: number,
  signal: AbortSignal,
): Promise<void> {
  const { currentRevision } = await inference.society(spec.society, signal);
  if (currentRevision === candidate) return;
  if (currentRevision !== state.current.revision)
    throw new ParleyError(
      'FAILED_PRECONDITION',
      `revision ${currentRevision} of '${spec.society}' was made current by somebody else; the cycle went on from revision ${state.current.revision}`,
    );
  await inference.promote(spec.society, candidate, signal);
}
