import { expect, it } from 'vitest';
import { retryAfter } from './retry-after.ts';

it.each([
  [0, 256, 1, 1],
  [512, 256, 2, 4],
  [1_000_000, 256, 10, 30],
  [10, 0, 1, 30],
])(
  '%i sequences before %i at once, %i seconds each: after %i',
  (queued, capacity, seconds, after) => {
    expect(retryAfter(queued, capacity, seconds)).toBe(after);
  },
);
