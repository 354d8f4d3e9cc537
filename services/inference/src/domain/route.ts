/** What routing sees of an engine that is up. Counts are of sequences: a call with n choices counts n. */
export type Slot = {
  /** Position in the list of engines. */
  readonly order: number;
  /** The most sequences that it may have in flight from here. */
  readonly cap: number;
  /** Sequences in flight from here. */
  inFlight: number;
  /** Sequences in flight from elsewhere, as the engine last reported. */
  elsewhere: number;
};

/**
 * The least loaded engine with room for n sequences; among equals the first in the list.
 * @param avoid an engine that is taken only where it is the only one: it has just failed.
 */
export function leastLoaded<S extends Slot>(
  slots: readonly S[],
  n: number,
  avoid?: Slot,
): S | undefined {
  let best: S | undefined;
  for (const slot of slots) {
    if (slot === avoid && slots.length > 1) continue;
    if (slot.inFlight + n > slot.cap) continue;
    if (best === undefined || before(slot, best)) best = slot;
  }
  return best;
}

function before(a: Slot, b: Slot): boolean {
  const difference = a.inFlight + a.elsewhere - b.inFlight - b.elsewhere;
  return difference < 0 || (difference === 0 && a.order < b.order);
}
