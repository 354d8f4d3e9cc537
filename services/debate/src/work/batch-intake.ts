import { ParleyError } from '@parley/platform';
import type { DebateContext } from '../context.ts';
import { BATCH_KEPT, type BatchRecord, type BatchRequest } from '../domain/batch.ts';
import { checkId, requestDigest } from '../domain/ids.ts';

/**
 * Stores a batch and queues it. Idempotent by the batch's id.
 * @throws ParleyError INVALID_ARGUMENT for a bad id; ALREADY_EXISTS when the id stands for another request.
 */
export async function acceptBatch(
  { store }: Pick<DebateContext, 'store'>,
  request: BatchRequest,
): Promise<void> {
  const id = request.batch;
  checkId('batch', id);
  const digest = requestDigest(request);
  const record: BatchRecord = {
    request,
    requestDigest: digest,
    status: 'queued',
    reason: '',
    createdAt: Date.now(),
    spec: null,
    problems: 0,
    done: 0,
  };
  try {
    await store.commit(id, [
      { op: 'put', name: BATCH_KEPT.record, value: record, expect: 'absent' },
      { op: 'enqueue', queue: BATCH_KEPT.queue, id },
    ]);
  } catch (thrown) {
    if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
    const stored = await store.get<BatchRecord>(id, BATCH_KEPT.record);
    if (stored?.value.requestDigest !== digest)
      throw new ParleyError('ALREADY_EXISTS', `batch '${id}' exists and was asked for differently`);
  }
}
