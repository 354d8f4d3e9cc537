import { describe, expect, it } from 'vitest';
import { canonical } from '../equality/canonical.ts';
import type { EqualityCase } from '../equality/cases.ts';
import { quickVerdict } from '../equality/quick.ts';
import { policyOf } from '../policy.ts';
import { SYMBOLIC_CASES } from './cases.ts';
import { createSymbolicComparer } from './compare.ts';

/** The deadline of a pair in a worker, in milliseconds. */
const DEADLINE = 250;
const comparer = createSymbolicComparer();

function verdict({ policy: name, settings, a, b }: EqualityCase): boolean | undefined {
  const policy = policyOf(name, settings);
  const [x, y] = [canonical(policy, a), canonical(policy, b)];
  if (!x || !y) return undefined;
  const quick = quickVerdict(policy, x, y);
  return quick ? quick.equal : comparer.equal(x.text, y.text, policy.settings);
}

describe('symbolic cases', () => {
  it('has several hundred pairs, on both sides of every class', () => {
    expect(SYMBOLIC_CASES.length).toBeGreaterThan(350);
    for (const kind of new Set(SYMBOLIC_CASES.map((one) => one.kind)))
      expect(SYMBOLIC_CASES.filter((one) => one.kind === kind && !one.equal)).not.toEqual([]);
  });

  it.each(SYMBOLIC_CASES)('$kind: $a | $b → $equal', (one) => {
    expect(verdict(one) ?? false).toBe(one.equal);
  });

  it('decides every pair but the hostile ones within the deadline, whichever comes first', () => {
    for (const one of SYMBOLIC_CASES) {
      const began = performance.now();
      const forth = verdict(one);
      if (one.kind !== 'hostile') expect(performance.now() - began).toBeLessThan(DEADLINE);
      expect(verdict({ ...one, a: one.b, b: one.a })).toBe(forth);
    }
  });
});
