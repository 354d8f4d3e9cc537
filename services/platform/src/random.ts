import { hash } from 'node:crypto';

/** A source of uniform numbers in [0, 1). Passed into domain code, which has no randomness of its own. */
export type Random = () => number;

/** A deterministic generator (sfc32) from a 53-bit seed. Equal seeds give equal sequences on every machine. */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
  for (let warmup = 0; warmup < 12; warmup++) next();
  return next;
}

/**
 * A seed derived from a parent seed and a name: the same on every machine, different for different names.
 * At most 2^48 − 1, so that small numbers can be added to it and it stays exact.
 */
export function deriveSeed(seed: number, ...names: (string | number)[]): number {
  return Number.parseInt(hash('sha256', JSON.stringify([seed, ...names]), 'hex').slice(0, 12), 16);
}

/** The elements in an order drawn from `random` (Fisher–Yates); the input stays as it is. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const swap = result[last] as T;
    result[last] = result[other] as T;
    result[other] = swap;
  }
  return result;
}
