/** What waits, in which callers take turns: whoever comes with thousands holds up nobody who comes with one. */
export type Turns<Caller, Item> = {
  add(caller: Caller, item: Item): void;
  remove(caller: Caller, item: Item): void;
  /** Takes the oldest item of the caller whose turn it is. */
  take(): Item | undefined;
  /** Takes all, in no order. */
  clear(): Item[];
  readonly size: number;
};

/** An empty queue. */
export function createTurns<Caller, Item>(): Turns<Caller, Item> {
  const callers = new Map<Caller, Set<Item>>();
  let size = 0;

  function remove(caller: Caller, item: Item): void {
    const items = callers.get(caller);
    if (!items?.delete(item)) return;
    size -= 1;
    if (items.size === 0) callers.delete(caller);
  }

  return {
    add(caller, item) {
      const items = callers.get(caller);
      if (items === undefined) callers.set(caller, new Set([item]));
      else items.add(item);
      size += 1;
    },
    remove,
    take() {
      for (const [caller, items] of callers) {
        for (const item of items) {
          callers.delete(caller);
          callers.set(caller, items);
          remove(caller, item);
          return item;
        }
      }
      return undefined;
    },
    clear() {
      const all = [...callers.values()].flatMap((items) => [...items]);
      callers.clear();
      size = 0;
      return all;
    },
    get size() {
      return size;
    },
  };
}
