import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchDebateId, checkId, idFromKey, newId, requestDigest, transcriptPath } from './ids.ts';

test('new ids sort by time', () => {
  const time = fc.integer({ min: 0, max: 4e12 });
  fc.assert(
    fc.property(time, time, (one, two) => {
      fc.pre(one < two);
      expect(newId(one, randomUUID()) < newId(two, randomUUID())).toBe(true);
    }),
  );
});

describe('derived ids', () => {
  test('are valid and differ with what they are derived from', () => {
    const ids = [
      newId(1, randomUUID()),
      idFromKey('a'),
      idFromKey('b'),
      batchDebateId('a', 'b'),
      batchDebateId('a"', 'b'),
    ];
    for (const id of ids) checkId('id', id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test.each(['', '.', '-a', 'a/b', 'a b', 'ä', 'a'.repeat(129)])('%j is no id', (id) => {
  expect(() => checkId('debateId', id)).toThrow(expect.objectContaining({ field: 'debateId' }));
});

test('a transcript stands under two digits of its own', () => {
  expect(transcriptPath('abc')).toBe('debates/ba/abc.json');
  expect(transcriptPath('abc', '.123')).toBe('debates/ba/abc.123.json');
});

test('requests are the same whatever the order of their fields', () => {
  expect(requestDigest({ a: 1, b: { c: 2, d: undefined } })).toBe(
    requestDigest({ b: { c: 2 }, a: 1 }),
  );
  expect(requestDigest({ a: 1 })).not.toBe(requestDigest({ a: 2 }));
});
