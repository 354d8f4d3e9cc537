import { describe, expect, it } from 'vitest';
import { firstOverlap, parseProblem, problemsFromJsonl, problemsToJsonl } from './problem.ts';

const at = { line: 3, ordinal: 2, split: 'train' } as const;

describe('parseProblem', () => {
  it('gives a problem without an id its place', () => {
    expect(parseProblem('{"question":"1+1?","answer":"2"}', at)).toEqual({
      id: 'train-00002',
      question: '1+1?',
      answer: '2',
    });
  });

  it.each([
    ['{"question"', 'line 3'],
    ['[1]', 'line 3'],
    ['{"question":"q"}', 'line 3.answer'],
    ['{"question":"q","answer":7}', 'line 3.answer'],
    ['{"question":" ","answer":"a"}', 'line 3.question'],
    ['{"question":"q","answer":"a","level":1}', 'line 3.level'],
    ['{"question":"q","answer":"a","id":"../x"}', 'line 3.id'],
  ])('refuses %s naming the line', (text, field) => {
    expect(() => parseProblem(text, at)).toThrowError(expect.objectContaining({ field }));
  });

  it('refuses a question above its limit naming the limit', () => {
    const text = JSON.stringify({ question: 'é'.repeat(40_000), answer: 'a' });
    expect(() => parseProblem(text, at)).toThrow(/line 3.question: has 80000 bytes; at most 65536/);
  });
});

it('stores and reads back the same problems', () => {
  const problems = [parseProblem('{"question":"a\\nb","answer":"1\\u20282"}', at)];
  expect(problemsFromJsonl(problemsToJsonl(problems))).toEqual(problems);
});

it('sees an overlap through case and white space', () => {
  const one = { id: 'a', question: 'How  many\nare There?', answer: '1' };
  const other = { id: 'b', question: ' how many are there?', answer: '1' };
  expect(firstOverlap([{ ...one, question: 'x' }, one], [other])).toBe(one);
  expect(firstOverlap([one], [{ ...other, question: 'how few?' }])).toBeUndefined();
});
