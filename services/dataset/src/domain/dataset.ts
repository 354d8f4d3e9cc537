import type { Pool } from './assess.ts';

export const POOLINGS = ['seat', 'all'] as const;
/** `seat`: a dataset for each of the 2N seats; `all`: one dataset of all their rows. */
export type Pooling = (typeof POOLINGS)[number];

/** How a collection is sealed. `weight` is w. */
export type SealSpec = { collection: string; weight: number; seed: number; pooling: Pooling };

/** A sealed dataset. */
export type Dataset = {
  /** `<collection>.<seat>` */
  id: string;
  collection: string;
  /** A seat, or `all`. */
  seat: string;
  rows: number;
  bytes: number;
  /** Rows by the pool that they came from. */
  pools: Partial<Record<Pool, number>>;
  uri: string;
  sha256: string;
  manifest: { uri: string; sha256: string };
  createdAt: string;
};

/** The collection and the seat of a dataset's id; a seat has no dots. */
export function splitDatasetId(id: string): { collection: string; seat: string } | undefined {
  const dot = id.lastIndexOf('.');
  return dot < 1 ? undefined : { collection: id.slice(0, dot), seat: id.slice(dot + 1) };
}
