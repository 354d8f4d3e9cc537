/**
 * The results of `work` in the order of the items, with at most `ahead` items under way. Nothing is begun
 * once the iteration ends or a piece of work has failed.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncIterable<R> {
  const underWay: Promise<R>[] = [];
  for (const item of items) {
    const begun = work(item);
    begun.catch(() => {});
    underWay.push(begun);
    if (underWay.length >= ahead) yield await (underWay.shift() as Promise<R>);
  }
  for (const begun of underWay) yield await begun;
}

/** The numbers from 0 to `count` − 1 in blocks of `size`. */
export function* blocksOf(count: number, size: number): Iterable<number[]> {
  for (let from = 0; from < count; from += size)
    yield Array.from({ length: Math.min(size, count - from) }, (_, index) => from + index);
}
