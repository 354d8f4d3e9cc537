import type { Answer, Verdict } from './domain/answer.ts';
import { quickVerdict } from './domain/equality/quick.ts';
import type { Policy } from './domain/policy.ts';
import { MAX_PAIRS_AT_WORK, MAX_SYMBOLIC_MS } from './limits.ts';
import type { SymbolicPool } from './workers/pool.ts';

/** Compares two answers under a policy; without waiting wherever their texts or numbers decide. */
export type Equality = (
  policy: Policy,
  a: Answer,
  b: Answer,
  signal?: AbortSignal,
) => Verdict | Promise<Verdict>;

/** What compares pairs that neither text nor number decides. */
export type Comparer = Pick<SymbolicPool, 'compare'>;

/**
 * Equality in three steps, each tried when the one before could not tell: equal texts, exact numbers, symbolic
 * comparison by `comparer`. `onVerdict` sees every verdict.
 */
export function createEquality(
  comparer: Comparer,
  onVerdict: (verdict: Verdict) => void,
): Equality {
  async function symbolic(
    { settings }: Policy,
    a: Answer,
    b: Answer,
    signal?: AbortSignal,
  ): Promise<Verdict> {
    const equal = await comparer.compare(a.text, b.text, settings, signal);
    const verdict: Verdict = {
      equal: equal === true,
      rule: 'symbolic',
      unknown: equal === undefined,
    };
    onVerdict(verdict);
    return verdict;
  }

  return (policy, a, b, signal) => {
    const quick = quickVerdict(policy, a, b);
    if (quick === undefined) return symbolic(policy, a, b, signal);
    onVerdict(quick);
    return quick;
  };
}

/**
 * What one request may have of the workers: so many pairs at once, so that other requests get theirs, and so many
 * milliseconds from its first pair; what it asks after that is unknown at once.
 */
export function shareOf(
  comparer: Comparer,
  { pairs = MAX_PAIRS_AT_WORK, ms = MAX_SYMBOLIC_MS }: { pairs?: number; ms?: number } = {},
): Comparer {
  const waiting: (() => void)[] = [];
  let atWork = 0;
  let end: number | undefined;
  return {
    async compare(a, b, settings, signal) {
      end ??= performance.now() + ms;
      if (atWork === pairs) await new Promise<void>((resolve) => waiting.push(resolve));
      else atWork++;
      try {
        signal?.throwIfAborted();
        if (performance.now() >= end) return undefined;
        return await comparer.compare(a, b, settings, signal);
      } finally {
        const next = waiting.shift();
        if (next) next();
        else atWork--;
      }
    },
  };
}
