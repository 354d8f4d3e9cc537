import { TASKS, type Task } from '@parley/platform';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { extractAnswer } from './extract.ts';
import { grade } from './grade.ts';

it.each<[Task, string, string, boolean]>([
  ['gsm8k', 'The answer is $72.', 'Natalia sold 48+24 = <<48+24=72>>72 clips.\n#### 72', true],
  ['gsm8k', '72', '#### 73', false],
  ['gsm8k', '', '#### 72', false],
  ['gsm8k', 'none', 'nothing', false],
  ['math', '0.5', 'Thus $\\boxed{\\dfrac{1}{2}}$.', true],
  ['math', 'The answer is x+1', 'x + 1', true],
  ['math', '\\boxed{20}', '3 hours 20 minutes', false],
  ['math', '\\boxed{3\\text{ hours }20\\text{ minutes}}', '3 hours 20 minutes', true],
  ['math', '2 red and 3 blue', '\\boxed{2 red and 3 blue}', true],
  ['math', '\\boxed{3}', '2 red and 3 blue', false],
  ['gsm8k', '\\boxed{3+4*5}', '#### 3', false],
  ['text', 'paris', 'The answer is Paris.', true],
  ['text', 'Paris', 'London', false],
])('%s: %j against %j is %s', (task, answer, reference, equal) => {
  expect(grade(task, { answer, reference }).equal).toBe(equal);
});

const pieces = [
  ...[
    '\\boxed{',
    '}',
    '{',
    '\\boxed{5}',
    '\\boxed{.}',
    '#### ',
    'The answer is ',
    'Answer: ',
    '$',
    '.',
    '. ',
  ],
  ...[
    '3 hours 20 minutes',
    '2 red and 3 blue',
    'so we get ',
    'it is not ',
    'cm',
    ' apples',
    'x',
    ' = ',
    'A',
  ],
  ...[
    '3+4*5',
    '18',
    '-',
    '1/3',
    '\\frac{1}{2}',
    '1,800',
    '.5',
    '0',
    ',',
    '/',
    '*',
    '**',
    '+',
    '(',
    ')',
  ],
  ...[
    '\n',
    ' ',
    '\\left',
    '\\text{',
    '\\',
    '\\!',
    '%',
    '^',
    '€',
    'é',
    'x '.repeat(140),
    '9'.repeat(300),
  ],
];
const response = fc
  .oneof(
    { weight: 6, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 14 }) },
    { weight: 1, arbitrary: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }) },
  )
  .map((parts) => parts.join(''));

it('grades what was extracted from a response as the response', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TASKS), response, response, (task, said, other) => {
      const extracted = extractAnswer(task, said);
      const whole = grade(task, { answer: said, reference: other });
      const bare = grade(task, { answer: extracted.answer, reference: other });
      if (extracted.rule === '') {
        expect(bare.equal).toBe(false);
        return;
      }
      expect(whole.answer).toEqual(extracted);
      expect(bare.answer.answer).toBe(extracted.answer);
      expect(bare.equal).toBe(whole.equal);
      expect(grade(task, { answer: said, reference: extracted.answer }).equal).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});
