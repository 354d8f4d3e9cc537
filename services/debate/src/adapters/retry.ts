import type { ParleyError } from '@parley/platform';

/** How often a call is made in all when it fails in a way that a repetition can help. */
export const TRIES = 3;

const FIRST_MS = 250;
const LONGEST_MS = 5_000;
const OUTAGES: readonly string[] = ['OVERLOADED', 'UNAVAILABLE', 'ENGINE_UNAVAILABLE'];

/** Whether an error says that inference, or every engine behind it, is overloaded or away. */
export function isOutage(error: ParleyError): boolean {
  return OUTAGES.includes(error.reason);
}

/**
 * Milliseconds before a call is made again: what the error asks for, else from 250 ms, doubled with every
 * failure and growing with the length of an outage, to 5 s at most; spread by a quarter.
 */
export function retryDelay(error: ParleyError, tries: number, outageMs: number): number {
  const asked = error.retryAfter === undefined ? undefined : error.retryAfter * 1000;
  const grown = Math.max(FIRST_MS * 2 ** (tries - 2), outageMs / 2, FIRST_MS);
  const delay = Math.min(asked ?? grown, LONGEST_MS);
  return delay * (0.75 + Math.random() / 2);
}
