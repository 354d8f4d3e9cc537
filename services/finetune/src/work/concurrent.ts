/** A limit on what is done at once. */
export type Slots = {
  /**
   * Waits for a free slot; the returned function gives it back.
   * @throws what the signal holds when it aborts first.
   */
  take(signal: AbortSignal): Promise<() => void>;
};

/** `size` slots, given in the order in which they were asked for. */
export function createSlots(size: number): Slots {
  let free = size;
  const waiting: (() => void)[] = [];

  function giveBack(): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    };
  }

  return {
    take(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (free > 0) {
          free -= 1;
          return resolve(giveBack());
        }
        function turn(): void {
          signal.removeEventListener('abort', abort);
          resolve(giveBack());
        }
        function abort(): void {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(signal.reason);
        }
        waiting.push(turn);
        signal.addEventListener('abort', abort, { once: true });
      });
    },
  };
}

/** The results of `work` in the order of the items, with at most `limit` of them under way. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const entries = items.entries();
  async function worker(): Promise<void> {
    for (const [index, item] of entries) results[index] = await work(item, index);
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/** The items in groups of `size`, the last one shorter. */
export function* groupsOf<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
