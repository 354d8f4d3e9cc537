import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Breaker, FAILURES_IN_A_ROW, type Outcome, WINDOW } from './breaker.ts';

function call(breaker: Breaker, outcome: Outcome, now = 0): boolean {
  return breaker.ended(breaker.begin(), outcome, now);
}

function opened(now = 0): Breaker {
  const breaker = new Breaker();
  for (let count = 0; count < FAILURES_IN_A_ROW; count++) call(breaker, 'failed', now);
  expect(breaker.state).toBe('open');
  return breaker;
}

describe('Breaker', () => {
  it('opens after five failures in a row', () => {
    const breaker = new Breaker();
    const changes = [1, 2, 3, 4, 5].map(() => call(breaker, 'failed'));
    expect(changes).toEqual([false, false, false, false, true]);
    expect([breaker.state, breaker.allows]).toEqual(['open', false]);
  });

  it('stays closed while failures are rare, and says nothing of calls that were cancelled', () => {
    const breaker = new Breaker();
    for (let count = 0; count < 200; count++)
      call(breaker, count % 3 === 0 ? 'failed' : 'succeeded');
    for (let count = 0; count < 200; count++) call(breaker, 'cancelled');
    expect(breaker.state).toBe('closed');
  });

  it('opens when half of the last twenty calls failed', () => {
    const breaker = new Breaker();
    for (let count = 1; count < WINDOW; count++)
      call(breaker, count % 2 === 0 ? 'failed' : 'succeeded');
    expect(breaker.state).toBe('closed');
    call(breaker, 'failed');
    expect(breaker.state).toBe('open');
  });

  it('lets one call through after a second, which closes it', () => {
    const breaker = opened(0);
    expect([breaker.rest(999), breaker.allows]).toEqual([false, false]);
    expect([breaker.rest(1000), breaker.state, breaker.allows]).toEqual([true, 'half-open', true]);
    const begun = breaker.begin();
    expect(breaker.allows).toBe(false);
    expect(breaker.ended(begun, 'succeeded', 1500)).toBe(true);
    expect([breaker.state, breaker.allows]).toEqual(['closed', true]);
  });

  it('pauses twice as long after each call that was let through and failed, up to 30 seconds', () => {
    const breaker = opened(0);
    const pauses: number[] = [];
    for (let now = 0; pauses.length < 7; ) {
      const from = now;
      while (!breaker.rest(now)) now += 500;
      pauses.push((now - from) / 1000);
      call(breaker, 'failed', now);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  it('begins with a second again once it was closed', () => {
    const breaker = opened(0);
    breaker.rest(1000);
    call(breaker, 'succeeded', 1000);
    for (let count = 0; count < FAILURES_IN_A_ROW; count++) call(breaker, 'failed', 2000);
    expect([breaker.rest(2999), breaker.rest(3000)]).toEqual([false, true]);
  });

  it('lets another call through when the first was cancelled', () => {
    const breaker = opened(0);
    breaker.rest(1000);
    expect(breaker.ended(breaker.begin(), 'cancelled', 1100)).toBe(true);
    expect([breaker.state, breaker.allows]).toEqual(['half-open', true]);
  });

  it('does not judge by calls that began before it changed', () => {
    const breaker = new Breaker();
    const early = Array.from({ length: 3 }, () => breaker.begin());
    for (let count = 0; count < FAILURES_IN_A_ROW; count++) call(breaker, 'failed', 0);
    breaker.ended(early[0] ?? -1, 'succeeded', 1);
    expect(breaker.state).toBe('open');
    breaker.rest(1000);
    const trial = breaker.begin();
    breaker.ended(early[1] ?? -1, 'failed', 1001);
    expect(breaker.state).toBe('half-open');
    breaker.ended(trial, 'succeeded', 1002);
    breaker.ended(early[2] ?? -1, 'failed', 1003);
    expect(breaker.state).toBe('closed');
  });

  const step = fc.record({
    kind: fc.constantFrom<'begin' | 'wait' | Outcome>(
      'begin',
      'wait',
      'succeeded',
      'failed',
      'cancelled',
    ),
    which: fc.nat(20),
  });

  it('never lets two calls through at once while it is half-open, and always recovers', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const breaker = new Breaker();
        const running: { begun: number; trial: boolean }[] = [];
        let now = 0;
        for (const { kind, which } of steps) {
          if (kind === 'wait') {
            now += 10_000;
            breaker.rest(now);
          } else if (kind === 'begin') {
            const trial = breaker.state === 'half-open';
            if (breaker.allows) running.push({ begun: breaker.begin(), trial });
          } else {
            const [ended] = running.splice(which % Math.max(1, running.length), 1);
            if (ended) breaker.ended(ended.begun, kind, now);
          }
          if (breaker.state === 'half-open')
            expect(running.filter(({ trial }) => trial).length).toBeLessThanOrEqual(1);
        }
        for (const { begun } of running) breaker.ended(begun, 'succeeded', now);
        breaker.rest(now + 60_000);
        if (breaker.state === 'half-open') call(breaker, 'succeeded', now);
        expect([breaker.state, breaker.allows]).toEqual(['closed', true]);
      }),
    );
  });
});
