import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAnswer, equalAnswers } from './equal.ts';
import { TASKS, type Task } from './task.ts';

const EQUAL: [Task, string, string][] = [
  ['gsm8k', '18', '18.0'],
  ['gsm8k', '18', '18.'],
  ['gsm8k', '18', '$18'],
  ['gsm8k', '18', '\\$18.00'],
  ['gsm8k', '1,800', '1800'],
  ['gsm8k', '1{,}800', '1800'],
  ['gsm8k', '18 dollars', '18'],
  ['gsm8k', 'x = 18', '18'],
  ['gsm8k', '50%', '50'],
  ['gsm8k', '−7', '-7'],
  ['gsm8k', '-$7', '-7'],
  ['gsm8k', '-0', '0'],
  ['gsm8k', '5 + 3 = 8', '8'],
  ['arithmetic', '+12', '12'],
  ['arithmetic', '007', '7'],
  ['arithmetic', '.5', '0.50'],
  ['arithmetic', '90071992547409930000001', '90,071,992,547,409,930,000,001.000'],
  ['math', '\\frac{1}{2}', '1/2'],
  ['math', '\\dfrac12', '0.5'],
  ['math', '-\\frac{2}{6}', '-1/3'],
  ['math', '\\frac{-2}{6}', '-1/3'],
  ['math', '1\\frac{1}{2}', '3/2'],
  ['math', '1 1/2', '1.5'],
  ['math', '6/3', '2'],
  ['math', '\\left( 3, 4 \\right)', '(3,4)'],
  ['math', 'x^2 + 1', 'x^2+1'],
  ['math', '\\text{Monday}', 'monday'],
  ['math', '5\\text{ cm}', '5'],
  ['math', '90^\\circ', '90'],
  ['math', '90^{\\circ}', '90'],
  ['math', 'x = 5', '5'],
  ['math', '$\\sqrt{2}$', '\\sqrt{2}.'],
  ['math', '10,\\!000', '10000'],
  ['text', ' Paris. ', 'paris'],
  ['text', '**New  York**', 'new york'],
];

const DIFFERENT: [Task, string, string][] = [
  ['gsm8k', '18', '19'],
  ['gsm8k', '18', '-18'],
  ['arithmetic', '9007199254740993', '9007199254740992'],
  ['arithmetic', '0.1', '0.10000000000000000001'],
  ['math', '1/3', '0.3333333333333333'],
  ['math', '1 2', '12'],
  ['math', '3,4', '34'],
  ['math', '1/0', '2/0'],
  ['math', '(3,4)', '(4,3)'],
  ['text', 'paris', 'london'],
];

describe('equalAnswers', () => {
  it.each(EQUAL)('%s: %s equals %s', (task, a, b) => {
    expect([canonicalAnswer(task, a), equalAnswers(task, a, b)]).toEqual([
      canonicalAnswer(task, b),
      true,
    ]);
  });

  it.each(DIFFERENT)('%s: %s differs from %s', (task, a, b) => {
    expect(equalAnswers(task, a, b)).toBe(false);
  });

  it('gives a canonical form that is its own canonical form', () => {
    const piece = fc.constantFrom(
      ...[
        '\\frac',
        '\\text',
        '{',
        '}',
        '$',
        '\\',
        '1',
        '23',
        ',',
        '.',
        '-',
        '−',
        '/',
        ' ',
        'x',
        '=',
      ],
      ...[
        '\\left',
        '(',
        ')',
        '%',
        'cm',
        '\\!',
        '*',
        '^\\circ',
        '\\boxed',
        '€',
        '+',
        '000',
        'E',
        '~',
      ],
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...TASKS), text, (task, spelled) => {
        const once = canonicalAnswer(task, spelled);
        expect(canonicalAnswer(task, once)).toBe(once);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is exact for every pair of fractions', () => {
    const part = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    const below = fc.bigInt({ min: 1n, max: 10n ** 12n });
    fc.assert(
      fc.property(part, below, part, below, (a, b, c, d) => {
        expect(equalAnswers('math', `${a}/${b}`, `\\frac{${c}}{${d}}`)).toBe(a * d === c * b);
        expect(equalAnswers('math', `${a}/${b}`, `${a * 7n}/${b * 7n}`)).toBe(true);
      }),
    );
  });
});
