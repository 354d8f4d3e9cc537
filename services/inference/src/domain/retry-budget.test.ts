import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

describe('RetryBudget', () => {
  it('allows ten at once', () => {
    const budget = new RetryBudget();
    expect(Array.from({ length: 12 }, () => budget.take()).filter(Boolean)).toHaveLength(10);
  });

  it('allows a fifth of the calls and ten more, whatever the order', () => {
    const steps = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant('take' as const)),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const budget = new RetryBudget();
        let calls = 0;
        let taken = 0;
        for (const step of all) {
          if (step === 'take') taken += budget.take() ? 1 : 0;
          else {
            budget.deposit(step);
            calls += step;
          }
          expect(taken).toBeLessThanOrEqual(0.2 * calls + 10 + 1e-9);
        }
      }),
    );
  });
});
