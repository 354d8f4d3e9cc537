import type { EventEmitter } from 'node:events';
import { isReason, ParleyError } from '@parley/platform';
import type { BatchProgress, DebateClient } from '../adapters/debate.ts';
import type { FinetuneContext } from '../context.ts';
import { collectionId, type Purpose } from '../domain/spec.ts';
import type { CycleRun, StepSignals } from './cycle-run.ts';

/** Reasons with which a cycle is tried again; those of a batch that has failed are final. */
const PASSING: readonly string[] = ['CANCELLED', 'LEASE_LOST', 'INTERNAL'];
/**
 * How long a batch may stand as failed for want of the society's revision: where a store lost its last writes, the
 * request came again before the revision did, and the cycle's own is on its way.
 */
const ASKED_AGAIN_MS = 60_000;

/**
 * Waits until the iteration's collection is full, and keeps the cycle's progress up to date meanwhile.
 * @throws ParleyError that repeating cannot mend when the batch of its debates has failed or was cancelled.
 */
export async function awaitCollection(
  { dataset, debate, filled, timing }: FinetuneContext,
  run: CycleRun,
  purpose: Purpose,
  { soft }: StepSignals,
): Promise<void> {
  const { iteration } = run.state;
  const id = collectionId(run.record.spec.name, iteration, purpose);
  const since = performance.now();
  using bell = bellOf(filled, id);
  for (;;) {
    const { done, total, filled: full } = await dataset.collection(id, soft);
    if (full) return run.apply({ type: 'filled', iteration, purpose });
    await run.apply({ type: 'progressed', iteration, purpose, done, total });
    await checkBatch(debate, id, since, soft);
    await bell.wait(timing.poll, soft);
  }
}

async function checkBatch(
  debate: DebateClient,
  id: string,
  since: number,
  signal: AbortSignal,
): Promise<void> {
  const { status, reason } = await debate.batch(id, signal).catch(asNotTakenUp);
  if (status === 'cancelled')
    throw new ParleyError('FAILED_PRECONDITION', `batch '${id}' was cancelled by somebody else`);
  if (status !== 'failed') return;
  const [code = ''] = reason.split(':', 1);
  if (code === 'NOT_FOUND' && performance.now() - since < ASKED_AGAIN_MS) return;
  throw new ParleyError(
    isReason(code) && !PASSING.includes(code) ? code : 'FAILED_PRECONDITION',
    `batch '${id}' cannot be created: ${reason}`,
    { retryable: false },
  );
}

/** A request that was just made may not have reached the debate service. */
function asNotTakenUp(thrown: unknown): BatchProgress {
  if (ParleyError.from(thrown).reason !== 'NOT_FOUND') throw thrown;
  return { status: 'queued', reason: '' };
}

/** Remembers that an event came, so that none is missed between two waits. */
function bellOf(emitter: EventEmitter, name: string) {
  let rung = Promise.withResolvers<void>();
  const ring = () => rung.resolve();
  emitter.on(name, ring);
  return {
    /** Waits for the event, for `milliseconds` at most. @throws what the signal holds when it aborts. */
    async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      const { promise: ended, resolve: end, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(end, milliseconds);
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort);
      try {
        await Promise.race([rung.promise, ended]);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        rung = Promise.withResolvers<void>();
      }
    },
    [Symbol.dispose]: () => {
      emitter.off(name, ring);
    },
  };
}
