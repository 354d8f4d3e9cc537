import { type Operation, ParleyError, type StoredRecord } from '@parley/platform';
import type { DebateContext } from '../context.ts';
import { BATCH_KEPT, type BatchRecord, type BatchRequest, newBatch } from '../domain/batch.ts';
import { checkId, requestDigest } from '../domain/ids.ts';

/**
 * Stores a batch and queues it. Idempotent by the batch's id; one that was cancelled before stays so, and one that has
 * failed is tried again from where it stopped: what it lacked, such as its society's revision, may be there by now.
 * @throws ParleyError INVALID_ARGUMENT for a bad id; ALREADY_EXISTS when the id stands for another request.
 */
export async function acceptBatch(
  { store }: Pick<DebateContext, 'store'>,
  request: BatchRequest,
): Promise<void> {
  const id = request.batch;
  checkId('batch', id);
  const digest = requestDigest(request);
  try {
    await store.commit(id, [
      ...batchCreation(id, newBatch(request, digest, Date.now())),
      { op: 'enqueue', queue: BATCH_KEPT.queue, id },
    ]);
  } catch (thrown) {
    if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
    const stored = await store.get<BatchRecord>(id, BATCH_KEPT.record);
    if (!stored) throw thrown;
    if (stored.value.request && stored.value.requestDigest !== digest)
      throw new ParleyError('ALREADY_EXISTS', `batch '${id}' exists and was asked for differently`);
    if (stored.value.request && stored.value.status === 'failed')
      await queueAgain(store, id, stored);
  }
}

async function queueAgain(
  store: DebateContext['store'],
  id: string,
  { version, value }: StoredRecord<BatchRecord>,
): Promise<void> {
  const queued: BatchRecord = { ...value, status: 'queued', reason: '' };
  try {
    await store.commit(id, [
      { op: 'put', name: BATCH_KEPT.record, value: queued, expect: version },
      { op: 'enqueue', queue: BATCH_KEPT.queue, id },
    ]);
  } catch (thrown) {
    if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
  }
}

/** What stores a batch that is not there yet. */
export function batchCreation(id: string, record: BatchRecord): Operation[] {
  return [
    { op: 'put', name: BATCH_KEPT.record, value: record, expect: 'absent' },
    { op: 'index', index: BATCH_KEPT.index, member: id, rank: record.createdAt },
  ];
}

/**
 * Accepts what an event asks for. What can never be accepted is stored as a failed batch, so that whoever
 * asked can see it, and is logged.
 * @param read makes the request of the event; throws what is wrong with it.
 * @throws ParleyError when a repetition may help.
 */
export async function takeBatch(
  context: Pick<DebateContext, 'store' | 'log'>,
  id: string,
  read: () => BatchRequest,
): Promise<void> {
  try {
    await acceptBatch(context, read());
  } catch (thrown) {
    const error = ParleyError.from(thrown);
    if (error.reason !== 'INVALID_ARGUMENT' && error.reason !== 'ALREADY_EXISTS') throw error;
    context.log.error({ err: error, batch: id }, 'a requested batch cannot be accepted');
    await refuse(context.store, id, error);
  }
}

/** A batch that stands under the id already is left as it is; nothing can stand under an id that is none. */
async function refuse(
  store: DebateContext['store'],
  id: string,
  { reason, message }: ParleyError,
): Promise<void> {
  try {
    checkId('batch', id);
  } catch {
    return;
  }
  const failed = { status: 'failed', reason: `${reason}: ${message}` } as const;
  try {
    await store.commit(id, batchCreation(id, { ...newBatch(null, '', Date.now()), ...failed }));
  } catch (thrown) {
    if (ParleyError.from(thrown).reason !== 'CONFLICT') throw thrown;
  }
}
