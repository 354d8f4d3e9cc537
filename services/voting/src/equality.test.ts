import { expect, it } from 'vitest';
import type { Verdict } from './domain/answer.ts';
import { policyOf } from './domain/policy.ts';
import { DEFAULT_SETTINGS } from './domain/settings.ts';
import { createEquality, shareOf } from './equality.ts';

const boxed = policyOf('boxed');

it.each([
  [true, { equal: true, rule: 'symbolic', unknown: false }],
  [false, { equal: false, rule: 'symbolic', unknown: false }],
  [undefined, { equal: false, rule: 'symbolic', unknown: true }],
])('asks the comparer only for what text and number cannot tell: %s', async (said, verdict) => {
  const asked: string[] = [];
  const seen: Verdict[] = [];
  const compare = async (a: string, b: string) => {
    asked.push(`${a} ${b}`);
    return said;
  };
  const equal = createEquality({ compare }, (one) => seen.push(one));
  const half = { text: '1/2', number: '1/2' };
  expect(equal(boxed, half, half)).toEqual({ equal: true, rule: 'string', unknown: false });
  expect(equal(boxed, half, { text: '2', number: '2' })).toMatchObject({ rule: 'number' });
  expect(asked).toEqual([]);
  const pair = [{ text: '\\sqrt{x}' }, { text: 'x^{1/2}' }] as const;
  expect(await equal(boxed, ...pair)).toEqual(verdict);
  expect(asked).toEqual(['\\sqrt{x} x^{1/2}']);
  expect(seen.map(({ rule }) => rule)).toEqual(['string', 'number', 'symbolic']);
});

it('lets a request have so many pairs at work at once', async () => {
  const open: ((verdict: boolean) => void)[] = [];
  const share = shareOf(
    { compare: () => new Promise((resolve) => open.push(resolve)) },
    { pairs: 2 },
  );
  const pairs = ['a', 'b', 'c'].map((text) => share.compare(text, '', DEFAULT_SETTINGS));
  expect(open).toHaveLength(2);
  open[0]?.(true);
  expect(await pairs[0]).toBe(true);
  await expect.poll(() => open.length).toBe(3);
  open[1]?.(false);
  open[2]?.(true);
  expect(await Promise.all(pairs)).toEqual([true, false, true]);
});

it('gives a place on when a pair fails, and throws the reason of a signal', async () => {
  const share = shareOf({ compare: () => Promise.reject(new Error('full')) }, { pairs: 1 });
  const both = [1, 2].map(() => share.compare('a', 'b', DEFAULT_SETTINGS));
  for (const one of both) await expect(one).rejects.toThrow('full');
  const gone = AbortSignal.abort(new Error('gone'));
  await expect(share.compare('a', 'b', DEFAULT_SETTINGS, gone)).rejects.toThrow('gone');
});

it('asks nothing more for a request that has used its time', async () => {
  let asked = 0;
  const compare = async () => {
    asked++;
    return true;
  };
  expect(await shareOf({ compare }, { ms: 0 }).compare('a', 'b', DEFAULT_SETTINGS)).toBeUndefined();
  expect(asked).toBe(0);
});
