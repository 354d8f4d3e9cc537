import { type Lease, ParleyError } from '@parley/platform';
import type { DebateContext } from '../context.ts';
import { BATCH_KEPT, type BatchRecord, newBatch } from '../domain/batch.ts';
import { batchDebateId, checkId } from '../domain/ids.ts';
import { batchCreation } from './batch-intake.ts';
import { CHUNK, chunksOf } from './batch-problems.ts';
import { cancelDebate } from './cancel.ts';
import { findBatch } from './stored.ts';

const TRIES = 10;

/**
 * Ends a batch: in one commit its creation is taken from whoever does it and the cancellation of its
 * debates is queued. A batch that has failed stays failed; an unknown one is stored as cancelled, so that
 * a request for it that comes later starts nothing. A repetition looks for unfinished debates once more.
 * @throws ParleyError INVALID_ARGUMENT for a bad id.
 */
export async function cancelBatch(
  { store }: Pick<DebateContext, 'store'>,
  id: string,
): Promise<BatchRecord> {
  checkId('id', id);
  for (let tries = 1; ; tries++) {
    const stored = await findBatch(store, id);
    const { status } = stored?.value ?? {};
    const ended = status === 'failed' || status === 'cancelled';
    const before = stored?.value ?? newBatch(null, '', Date.now());
    const record: BatchRecord = ended
      ? before
      : { ...before, status: 'cancelled', reason: 'CANCELLED' };
    try {
      await store.commit(
        id,
        stored
          ? [
              { op: 'put', name: BATCH_KEPT.record, value: record, expect: stored.version },
              { op: 'dequeue', queue: BATCH_KEPT.queue, id },
              { op: 'enqueue', queue: BATCH_KEPT.sweeps, id },
            ]
          : batchCreation(id, record),
      );
      return record;
    } catch (thrown) {
      if (ParleyError.from(thrown).reason !== 'CONFLICT' || tries === TRIES) throw thrown;
    }
  }
}

/**
 * Cancels the debates of an ended batch that have not ended. Besides those that its record counts there may
 * be one chunk more, which was being created when the batch was cancelled.
 */
export async function sweepBatch(
  context: DebateContext,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const { store, artifacts, log } = context;
  const batch = (await findBatch(store, lease.id))?.value;
  if (batch?.request && batch.spec) {
    const { request, done } = batch;
    let seen = 0;
    try {
      for await (const chunk of chunksOf(artifacts, request.problems, 0)) {
        if (signal.aborted) throw ParleyError.from(signal.reason);
        await Promise.all(
          chunk.map(({ id }) => cancelIfThere(context, batchDebateId(request.batch, id))),
        );
        seen += chunk.length;
        if (seen >= done + CHUNK) break;
      }
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      if (error.reason !== 'DATA_CORRUPT' && error.reason !== 'NOT_FOUND') throw error;
      log.error(
        { err: error, batch: lease.id },
        'the debates of a cancelled batch cannot be found',
      );
    }
  }
  await store.commit(lease.id, [{ op: 'release', lease }]);
}

async function cancelIfThere(context: DebateContext, id: string): Promise<void> {
  try {
    await cancelDebate(context, id);
  } catch (thrown) {
    if (ParleyError.from(thrown).reason !== 'NOT_FOUND') throw thrown;
  }
}
