const LONGEST = 30;

/**
 * Seconds after which a refused caller may find room: the time in which a full queue drains, from 1 to 30.
 * @param queued sequences that wait.
 * @param capacity sequences that all engines take at once.
 * @param seconds mean duration of a call.
 */
export function retryAfter(queued: number, capacity: number, seconds: number): number {
  if (capacity <= 0) return LONGEST;
  return Math.min(LONGEST, Math.max(1, Math.ceil((queued / capacity) * seconds)));
}
