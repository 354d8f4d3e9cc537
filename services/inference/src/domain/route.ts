import { affinityWeight } from './affinity.ts';

/** What routing sees of an engine. Counts are of sequences: a call with n choices counts n. */
export type Slot = {
  readonly url: string;
  /** Hash of the url. */
  readonly hash: number;
  /** The most sequences that it may ever have in flight from here. */
  readonly cap: number;
  /** The sequences in flight from here with which its batch is full; at most the cap. */
  target: number;
  /** Sequences in flight from here. */
  inFlight: number;
  /** Sequences that run or wait there from elsewhere, as it last reported. */
  elsewhere: number;
  /** Share of its KV cache that running sequences hold, from 0 to 1, as it last reported. */
  kvCacheUsage: number;
  /** Whether it keeps the prefixes of prompts that it has seen. */
  cachesPrefixes: boolean;
  /** When it began to take calls, or to take them again, in milliseconds of the clock of `now`. */
  since: number;
};

/** A call that looks for an engine. */
export type Routed<S extends Slot> = {
  /** Its sequences. */
  readonly n: number;
  /** Its `affinityKey`. */
  readonly affinity: number;
  /** An engine that is taken only where it is the only one: the call has just failed there. */
  readonly avoid?: S | undefined;
};

/** Why a call goes where it goes; `route` says when. */
export const ROUTE_REASONS = ['only', 'prefix', 'spread', 'load'] as const;

export type RouteReason = (typeof ROUTE_REASONS)[number];

/** An engine above this share of its KV cache soon has to preempt sequences. */
export const KV_HIGH_WATER = 0.9;
/** How much longer than the mean the load of an engine may be for the sake of its cache. */
export const LOAD_FACTOR = 1.25;
/** Sequences that an engine may have beyond that: at a low load the mean says little. */
export const LOAD_SLACK = 4;
/** A fresh engine counts as small as this, growing to a whole one within that time. */
export const COLD_WEIGHT = 0.1;
export const SLOW_START_MS = 10_000;

/**
 * The engine that a call goes to, and why; undefined where none has room.
 *
 * | step        | rule                                                                                           |
 * | ----------- | ---------------------------------------------------------------------------------------------- |
 * | candidates  | the caller's: up, breaker lets calls through, holds the model; less `avoid` if others are left |
 * | room        | fewer in flight than the target, the call fits below the cap, and not `held`                   |
 * | KV pressure | those above `KV_HIGH_WATER` go, unless all are                                                 |
 * | `only`      | there is one candidate                                                                         |
 * | `prefix`    | the key's home among the candidates, if its load stays within the bound                        |
 * | `spread`    | else the next in the key's own order whose load does                                           |
 * | `load`      | else, and where prefixes are not cached, the one with the least load for its weight            |
 *
 * Load is what an engine has in flight from here and what runs and waits there from elsewhere. Its bound is
 * `LOAD_FACTOR` times its share of the load of all candidates with the call, plus `LOAD_SLACK` (consistent hashing
 * with bounded loads: Mirrokni, Thorup and Zadimoghaddam 2016). The share goes by weight, which grows from
 * `COLD_WEIGHT` to 1 in the first `SLOW_START_MS` of an engine.
 * @param held engines whose room is kept for another call.
 */
export function route<S extends Slot>(
  candidates: readonly S[],
  { n, affinity, avoid }: Routed<S>,
  now: number,
  held?: ReadonlySet<S>,
): { slot: S; reason: RouteReason } | undefined {
  let load = n;
  let weight = 0;
  const usable = candidates.length > 1 ? candidates.filter((slot) => slot !== avoid) : candidates;
  for (const slot of usable) {
    load += loadOf(slot);
    weight += warmth(slot, now);
  }
  let open = usable.filter((slot) => hasRoom(slot, n) && !held?.has(slot));
  const relaxed = open.filter(({ kvCacheUsage }) => kvCacheUsage < KV_HIGH_WATER);
  if (relaxed.length > 0) open = relaxed;
  const [first] = open;
  if (first === undefined) return undefined;
  if (usable.length === 1) return { slot: first, reason: 'only' };
  const bound = (slot: S) => LOAD_SLACK + (LOAD_FACTOR * load * warmth(slot, now)) / weight;
  const within = open.filter((slot) => slot.cachesPrefixes && loadOf(slot) + n <= bound(slot));
  const nearest = homeOf(within, affinity);
  if (nearest !== undefined) {
    const isHome = nearest === homeOf(usable, affinity);
    return { slot: nearest, reason: isHome ? 'prefix' : 'spread' };
  }
  const idlest = most(open, (slot) => -(loadOf(slot) + n) / warmth(slot, now)) ?? first;
  return { slot: idlest, reason: 'load' };
}

/** The engine where the prefixes of a key are cached, as long as loads are alike. */
export function homeOf<S extends Slot>(slots: readonly S[], affinity: number): S | undefined {
  return most(slots, ({ hash }) => affinityWeight(affinity, hash));
}

/** Whether an engine takes so many more sequences. Only the last call may go past the target, never past the cap. */
export function hasRoom({ inFlight, target, cap }: Slot, n: number): boolean {
  return inFlight < target && inFlight + n <= cap;
}

function loadOf({ inFlight, elsewhere }: Slot): number {
  return inFlight + elsewhere;
}

/** How much an engine counts, from `COLD_WEIGHT` to 1. */
function warmth({ since }: Slot, now: number): number {
  return Math.min(1, Math.max(COLD_WEIGHT, (now - since) / SLOW_START_MS));
}

/** The slot with the highest value; among equals the first by url, whatever their order. */
function most<S extends Slot>(slots: readonly S[], value: (slot: S) => number): S | undefined {
  let best: S | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const slot of slots) {
    const own = value(slot);
    if (own > highest || (own === highest && best !== undefined && slot.url < best.url)) {
      best = slot;
      highest = own;
    }
  }
  return best;
}
