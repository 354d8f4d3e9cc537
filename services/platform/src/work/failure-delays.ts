import type { Milliseconds } from '../store/port.ts';

const FIRST = 250;
const LONGEST = 30_000;
const REMEMBERED = 10_000;

/** Counts failures in a row by id, for the 10,000 ids that failed last. */
export function failureDelays() {
  const failures = new Map<string, number>();
  return {
    /** Counts a failure; how long to wait before the next try: 250 ms, doubled every time, at most 30 s. */
    next(id: string): Milliseconds {
      const before = failures.get(id) ?? 0;
      failures.delete(id);
      failures.set(id, before + 1);
      if (failures.size > REMEMBERED) {
        const [oldest] = failures.keys();
        if (oldest !== undefined) failures.delete(oldest);
      }
      return Math.min(FIRST * 2 ** before, LONGEST);
    },
    /** The id succeeded, or is no longer ours. */
    forget(id: string): void {
      failures.delete(id);
    },
  };
}
