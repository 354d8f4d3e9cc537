import type { Reason } from '../errors.ts';
import type { Milliseconds } from '../store/port.ts';

const FIRST = 250;
const LONGEST = 30_000;
/** What waits for a server that is away goes on soon after its return. */
const LONGEST_AWAY = 4_000;
const REMEMBERED = 10_000;

/** Counts failures in a row by id, for the 10,000 ids that failed last. */
export function failureDelays() {
  const failures = new Map<string, number>();
  return {
    /**
     * Counts a failure; how long to wait before the next try: 250 ms, doubled every time, at most 30 s, or 4 s when
     * the reason is that something is away.
     */
    next(id: string, reason: Reason): Milliseconds {
      const before = failures.get(id) ?? 0;
      failures.delete(id);
      failures.set(id, before + 1);
      if (failures.size > REMEMBERED) {
        const [oldest] = failures.keys();
        if (oldest !== undefined) failures.delete(oldest);
      }
      return Math.min(FIRST * 2 ** before, reason === 'UNAVAILABLE' ? LONGEST_AWAY : LONGEST);
    },
    /** The id succeeded, or is no longer ours. */
    forget(id: string): void {
      failures.delete(id);
    },
  };
}
