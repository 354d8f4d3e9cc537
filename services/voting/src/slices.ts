import { setMaxListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which other requests get their turn. */
const SLICE_MS = 10;

/** Items that are begun before the first of them has ended. */
const AHEAD = 64;

let turns: Promise<unknown> = Promise.resolve();

/** Waits for a turn: between two rounds of the event loop there is one slice of work, of one request. */
function turn(): Promise<unknown> {
  turns = turns.then(() => setImmediate());
  return turns;
}

/** Asked between two steps of work: undefined, or where a slice has been worked, the turn to wait for. */
export type Pause = () => Promise<void> | undefined;

/** Begins a slice of work. A turn rejects with the signal's reason once that is aborted. */
export function beginSlice(signal: AbortSignal): Pause {
  let until = performance.now() + SLICE_MS;
  async function next(): Promise<void> {
    await turn();
    signal.throwIfAborted();
    until = performance.now() + SLICE_MS;
  }
  return () => (performance.now() > until ? next() : undefined);
}

/**
 * The results of `work` in the order of the items, each as soon as it is there. The event loop is handed back every
 * few milliseconds; work that waits does not hold up the items behind it, of which a bounded number is begun.
 * The signal that `work` gets aborts with `signal`, and when the results are no longer taken.
 * @throws what `work` throws, or the signal's reason once it is aborted.
 */
export async function* inOrder<T, R>(
  items: readonly T[],
  work: (item: T, index: number, signal: AbortSignal) => R | Promise<R>,
  signal: AbortSignal,
): AsyncGenerator<R, void, undefined> {
  const given = new AbortController();
  const both = AbortSignal.any([signal, given.signal]);
  setMaxListeners(0, both);
  const begun: (R | Promise<R>)[] = [];
  const pause = beginSlice(both);
  try {
    for (const [index, item] of items.entries()) {
      await pause();
      both.throwIfAborted();
      const result = work(item, index, both);
      if (result instanceof Promise) result.catch(() => {});
      begun.push(result);
      while (begun.length > 0 && (begun.length === AHEAD || !(begun[0] instanceof Promise)))
        yield (await begun.shift()) as R;
    }
    while (begun.length > 0) yield (await begun.shift()) as R;
  } finally {
    given.abort();
  }
}
