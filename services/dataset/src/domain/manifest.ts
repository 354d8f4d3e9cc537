import type { PoolCount, SeatPlan } from './assembly.ts';
import { type Assessment, type LeftOut, POOLS, type Pool } from './assess.ts';
import type { Collection } from './collection.ts';
import type { SealSpec } from './dataset.ts';

/** Debates whose ids and digests stand in the manifest itself; beyond, in a list beside it. */
export const MAX_LISTED_SOURCES = 1000;

/** A transcript that was read. */
export type Source = { debate: string; sha256: string };

/** What all manifests of one sealing share. */
export type Origin = {
  collection: Collection;
  settings: SealSpec;
  assessments: readonly Assessment[];
  /** The transcripts themselves, or where their list is. */
  sources: { list: Source[] } | { uri: string; sha256: string; count: number };
};

/** What a dataset was made of; equal inputs give an equal manifest, byte for byte. */
export function manifestOf(
  origin: Origin,
  dataset: { id: string; seat: string },
  plans: readonly SeatPlan[],
  data: { uri: string; sha256: string; bytes: number; rows: number },
) {
  const { collection, settings, assessments, sources } = origin;
  return {
    version: 1,
    dataset: dataset.id,
    collection: collection.id,
    society: collection.society,
    revision: collection.revision,
    agents: collection.agents,
    seat: dataset.seat,
    pooling: settings.pooling,
    task: collection.task,
    weight: settings.weight,
    seed: settings.seed,
    problems: {
      set: collection.problemSet,
      split: collection.split,
      uri: collection.source.uri,
      sha256: collection.source.sha256,
    },
    debates: {
      expected: collection.expected,
      ended: collection.ended,
      tied: assessments.filter(({ tie }) => tie).length,
      withoutConsensus: assessments.filter(({ generation }) => generation[0] === 'no-consensus')
        .length,
    },
    pools: poolSums(plans),
    leftOut: leftOutSums(plans),
    sources,
    data,
  };
}

/** Counts by pool over several seats. */
export function poolSums(plans: readonly SeatPlan[]): Partial<Record<Pool, PoolCount>> {
  const sums: Partial<Record<Pool, PoolCount>> = {};
  for (const pool of POOLS)
    for (const { pools } of plans) {
      const count = pools[pool];
      if (count === undefined) continue;
      const sum = sums[pool] ?? { available: 0, used: 0 };
      sums[pool] = { available: sum.available + count.available, used: sum.used + count.used };
    }
  return sums;
}

function leftOutSums(plans: readonly SeatPlan[]): Partial<Record<LeftOut, number>> {
  const sums: Partial<Record<LeftOut, number>> = {};
  for (const { leftOut } of plans)
    for (const [reason, count] of Object.entries(leftOut) as [LeftOut, number][])
      sums[reason] = (sums[reason] ?? 0) + count;
  return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)));
}
