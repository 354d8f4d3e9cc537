import { ParleyError } from '@parley/platform';
import { expect, test } from 'vitest';
import { isOutage, retryDelay } from './retry.ts';

const failed = new ParleyError('ENGINE_FAILED', 'x');

test.each([
  ['a second try', failed, 2, 0, 250],
  ['a third try', failed, 3, 0, 500],
  ['what the error asks for', new ParleyError('OVERLOADED', 'x', { retryAfter: 2 }), 1, 0, 2_000],
  ['five seconds at most', new ParleyError('OVERLOADED', 'x', { retryAfter: 60 }), 1, 0, 5_000],
  ['the beginning of an outage', new ParleyError('UNAVAILABLE', 'x'), 1, 0, 250],
  ['a long outage', new ParleyError('UNAVAILABLE', 'x'), 1, 60_000, 5_000],
])('%s waits around that long', (_, error, tries, outage, about) => {
  for (let times = 0; times < 20; times++) {
    const delay = retryDelay(error, tries, outage);
    expect(delay).toBeGreaterThanOrEqual(about * 0.75);
    expect(delay).toBeLessThanOrEqual(about * 1.25);
  }
});

test.each([
  ['OVERLOADED', true],
  ['UNAVAILABLE', true],
  ['ENGINE_UNAVAILABLE', true],
  ['ENGINE_FAILED', false],
  ['DEADLINE_EXCEEDED', false],
] as const)('%s is an outage: %s', (reason, expected) => {
  expect(isOutage(new ParleyError(reason, 'x'))).toBe(expected);
});
