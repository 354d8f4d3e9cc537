import { expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../domain/settings.ts';
import { createVerdicts, keyOf } from './verdicts.ts';

it('remembers the verdicts used last', () => {
  const verdicts = createVerdicts(2);
  verdicts.set('a', true);
  verdicts.set('b', undefined);
  expect(verdicts.get('a')).toBe(true);
  verdicts.set('c', false);
  expect(['a', 'b', 'c'].map(verdicts.has)).toEqual([true, false, true]);
  expect(verdicts.get('b')).toBeUndefined();
  expect(verdicts.has('b')).toBe(false);
});

it('remembers that a verdict is unknown', () => {
  const verdicts = createVerdicts(2);
  verdicts.set('a', undefined);
  expect(verdicts.has('a')).toBe(true);
});

it('tells pairs apart whose texts run into each other', () => {
  const keys = [
    keyOf('a,b', 'c', DEFAULT_SETTINGS),
    keyOf('a', 'b,c', DEFAULT_SETTINGS),
    keyOf('a","b', 'c', DEFAULT_SETTINGS),
    keyOf('a,b', 'c', { ...DEFAULT_SETTINGS, digits: 1 }),
  ];
  expect(new Set(keys).size).toBe(4);
});
