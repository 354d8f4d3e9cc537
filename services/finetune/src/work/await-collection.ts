import type { EventEmitter } from 'node:events';
import type { FinetuneContext } from '../context.ts';
import { collectionId, type Purpose } from '../domain/spec.ts';
import type { CycleRun, StepSignals } from './cycle-run.ts';

/** Waits until the iteration's collection is full, and keeps the cycle's progress up to date meanwhile. */
export async function awaitCollection(
  { dataset, filled, timing }: FinetuneContext,
  run: CycleRun,
  purpose: Purpose,
  { soft }: StepSignals,
): Promise<void> {
  const { iteration } = run.state;
  const id = collectionId(run.record.spec.name, iteration, purpose);
  using bell = bellOf(filled, id);
  for (;;) {
    const { done, total, filled: full } = await dataset.collection(id, soft);
    if (full) return run.apply({ type: 'filled', iteration, purpose });
    await run.apply({ type: 'progressed', iteration, purpose, done, total });
    await bell.wait(timing.poll, soft);
  }
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
