import { describe, expect, it } from 'vitest';
import { policyOf } from '../policy.ts';
import { canonical } from './canonical.ts';
import { type EqualityCase, NUMBER_CASES } from './cases.ts';
import { quickVerdict } from './quick.ts';

/** What the first two steps say; a side without an answer equals nothing. */
function verdict({ policy: name, settings, a, b }: EqualityCase): boolean | undefined {
  const policy = policyOf(name, settings);
  const left = canonical(policy, a);
  const right = canonical(policy, b);
  if (!left || !right) return false;
  const forth = quickVerdict(policy, left, right);
  expect(quickVerdict(policy, right, left)).toEqual(forth);
  return forth?.equal;
}

describe('NUMBER_CASES', () => {
  it.each(NUMBER_CASES)('$policy, $kind: $a and $b: $equal', (one) => {
    // Where the quick steps leave a pair open, they have at least not called it equal.
    expect(verdict(one) ?? false).toBe(one.equal);
  });

  it('has at least 200 pairs, some equal and some different of nearly every class', () => {
    expect(NUMBER_CASES.length).toBeGreaterThan(200);
    expect(NUMBER_CASES.filter(({ equal }) => !equal).length).toBeGreaterThan(100);
  });

  it('reads the answer of every answer as itself', () => {
    for (const { policy: name, settings, a, b } of NUMBER_CASES)
      for (const raw of [a, b]) {
        const policy = policyOf(name, settings);
        const answer = canonical(policy, raw);
        if (answer) expect(canonical(policy, answer.text), raw).toEqual(answer);
      }
  });
});
