import type { Settings } from '../domain/settings.ts';

/** Verdicts about pairs compared lately; a verdict may be `undefined`: nobody could tell. */
export type Verdicts = {
  has(key: string): boolean;
  get(key: string): boolean | undefined;
  set(key: string, verdict: boolean | undefined): void;
};

/** Remembers the verdicts used last, `limit` of them. */
export function createVerdicts(limit: number): Verdicts {
  const verdicts = new Map<string, boolean | undefined>();
  function set(key: string, verdict: boolean | undefined): void {
    verdicts.delete(key);
    verdicts.set(key, verdict);
    const [oldest] = verdicts.keys();
    if (verdicts.size > limit && oldest !== undefined) verdicts.delete(oldest);
  }
  return {
    has: (key) => verdicts.has(key),
    get(key) {
      const verdict = verdicts.get(key);
      if (verdicts.has(key)) set(key, verdict);
      return verdict;
    },
    set,
  };
}

/** What a verdict depends on. */
export function keyOf(a: string, b: string, settings: Settings): string {
  return JSON.stringify([a, b, settings]);
}
