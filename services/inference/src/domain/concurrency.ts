/** What an engine has, from everywhere: sequences in its batch, and those that wait for room in it. */
export type Occupancy = { running: number; waiting: number };

/**
 * How many sequences to keep in flight on an engine, as far as it is known.
 * target: the number; not always whole, at least 1.
 * step: by how much it grows next.
 * waiting: what waited there at the last look.
 */
export type Concurrency = { target: number; step: number; waiting: number };

/** Where it begins, and by how much it grows first: a smaller batch has a queue for two looks, a larger one is found by doubling. */
const START = 64;
const SMALLEST_RESERVE = 2;
const RESERVE_SHARE = 1 / 8;

/** The concurrency of an engine that nothing is known of. @param cap the most that is allowed. */
export function startConcurrency(cap: number): Concurrency {
  return { target: Math.min(START, cap), step: START, waiting: 0 };
}

/**
 * What to keep waiting at an engine so that its batch is full at every moment: an eighth of the batch, at least 2.
 * More only waits there in the order of arrival, where priorities do not hold.
 */
export function reserve({ running }: Occupancy): number {
  return Math.max(SMALLEST_RESERVE, Math.ceil(running * RESERVE_SHARE));
}

/**
 * The concurrency after a look at an engine. An engine does not say how large its batch may be; but what runs while
 * others wait is as much as it takes.
 *
 * | what was seen                                       | the target                                                         |
 * | --------------------------------------------------- | ------------------------------------------------------------------ |
 * | more than the reserve waited, now and the last time | shrinks so that batch and reserve are left of what all have there; |
 * |                                                     | who has no more than the reserve there shrinks to that sum only    |
 * | more than the reserve waits for the first time      | stays: a burst of prompts waits for a moment in any engine         |
 * | less in flight from here than the target            | stays: it was not tried                                            |
 * | at most the reserve waits                           | grows by 1                                                         |
 * | nothing waits                                       | grows by the reserve, the next time by twice that, and so on; at   |
 * |                                                     | first, while nothing has ever waited, it doubles                   |
 *
 * All who share an engine shrink by the same factor and grow by the same steps, which leads to equal shares
 * (additive increase, multiplicative decrease: Chiu and Jain 1989).
 * @param inFlight sequences from here at the time of the look.
 * @param cap the most that is allowed.
 */
export function nextConcurrency(
  { target, step, waiting: before }: Concurrency,
  seen: Occupancy,
  inFlight: number,
  cap: number,
): Concurrency {
  const { running, waiting } = seen;
  const kept = reserve(seen);
  const known = { target, step: waiting > 0 ? kept : step, waiting };
  if (Math.min(waiting, before) > kept) {
    const share = inFlight > kept ? inFlight / (running + waiting) : 1;
    return { ...known, target: Math.min(target, Math.max(kept, share * (running + kept))) };
  }
  if (waiting > kept || inFlight <= target - kept) return known;
  if (waiting > 0) return { ...known, target: Math.min(cap, target + 1) };
  const growth = Math.max(step, kept);
  return { target: Math.min(cap, target + growth), step: Math.min(cap, 2 * growth), waiting };
}
