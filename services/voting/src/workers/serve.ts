import { parentPort } from 'node:worker_threads';
import type { Settings } from '../domain/settings.ts';
import type { SymbolicComparer } from '../domain/symbolic/compare.ts';

/** Two answers that a thread compares; its reply is what the comparer says. */
export type Pair = { a: string; b: string; settings: Settings };

/** What a thread says once it can begin with a pair. */
export const READY = 'ready';

/** Answers the pairs that come to this thread, one after the other; what the comparer throws ends the thread. */
export function serve(comparer: SymbolicComparer): void {
  const port = parentPort;
  if (port === null) throw new Error('a comparer is served in a worker thread only');
  port.on('message', ({ a, b, settings }: Pair) =>
    port.postMessage(comparer.equal(a, b, settings)),
  );
  port.postMessage(READY);
}
