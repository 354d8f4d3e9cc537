import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which other requests get their turn. */
const SLICE_MS = 10;

/**
 * `items.map(work)` that hands the event loop back every few milliseconds.
 * @throws what `work` throws, or the signal's reason once it is aborted.
 */
export async function inSlices<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => R,
  signal?: AbortSignal,
): Promise<R[]> {
  const results: R[] = [];
  let until = performance.now() + SLICE_MS;
  for (const [index, item] of items.entries()) {
    if (performance.now() > until) {
      await setImmediate();
      signal?.throwIfAborted();
      until = performance.now() + SLICE_MS;
    }
    results.push(work(item, index));
  }
  return results;
}
