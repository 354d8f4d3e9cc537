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

/**
 * The items in groups of at most `size`, or, where their sizes are told, of less than `most` together; an
 * item that is larger makes a group of its own.
 */
export function* groupsOf<T>(
  items: readonly T[],
  size: number,
  weighed?: { weigh: (item: T) => number; most: number },
): Generator<T[]> {
  let group: T[] = [];
  let weight = 0;
  for (const item of items) {
    const more = weighed?.weigh(item) ?? 0;
    const isFull = group.length === size || weight + more > (weighed?.most ?? 0);
    if (group.length > 0 && isFull) {
      yield group;
      group = [];
      weight = 0;
    }
    group.push(item);
    weight += more;
  }
  if (group.length > 0) yield group;
}
