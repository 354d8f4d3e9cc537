import { type Random, shuffled } from '@parley/platform';

/** Absorbs the rounding of w and 1 − w as binary fractions. */
const EPSILON = 1e-9;

/**
 * How many rows a critic's dataset takes from C− and C+, with a share `weight` from C−: the largest total
 * T = ⌊min(corrected / w, kept / (1 − w))⌋, of which round(w·T) from C− and the rest from C+. With w = 0 it
 * is all of C+, with w = 1 all of C−; otherwise an empty pool makes an empty dataset.
 */
export function mixtureSizes(
  weight: number,
  available: { corrected: number; kept: number },
): { corrected: number; kept: number } {
  const byCorrected = weight === 0 ? Number.POSITIVE_INFINITY : available.corrected / weight;
  const byKept = weight === 1 ? Number.POSITIVE_INFINITY : available.kept / (1 - weight);
  const total = Math.floor(Math.min(byCorrected, byKept) + EPSILON);
  const corrected = Math.min(Math.round(weight * total), available.corrected);
  return { corrected, kept: Math.min(total - corrected, available.kept) };
}

/** `count` of the items, drawn by `random`, in their old order. */
export function chosen(items: readonly number[], count: number, random: Random): number[] {
  if (count >= items.length) return [...items];
  return shuffled(items, random)
    .slice(0, count)
    .sort((a, b) => a - b);
}
