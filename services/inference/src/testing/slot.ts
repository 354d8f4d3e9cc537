import { hashText } from '../domain/affinity.ts';
import type { Slot } from '../domain/route.ts';

/** An engine as routing sees it, for tests: warm, with an empty KV cache, its target at its cap of 16. */
export function testSlot(url: string, more: Partial<Slot> = {}): Slot {
  const cap = more.cap ?? 16;
  return {
    url,
    hash: hashText(url),
    cap,
    target: cap,
    inFlight: 0,
    elsewhere: 0,
    kvCacheUsage: 0,
    cachesPrefixes: true,
    since: Number.NEGATIVE_INFINITY,
    ...more,
  };
}
