import { TASKS, type Task } from '@parley/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAnswer, equalAnswers, isCanonicalNumber } from './equal.ts';

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
  ['gsm8k', '2 1/2 hours', '2.5'],
  ['gsm8k', '\\frac{1}{2}\\text{ cup}', '0.5'],
  ['gsm8k', 'a loss of -$5', '-5'],
  ['gsm8k', '60 km/hour', '60'],
  ['gsm8k', '$18/day', '18'],
  ['gsm8k', 'Rs. 18', '18'],
  ['gsm8k', '(-27)', '-27'],
  ['gsm8k', '**18** apples (red)', '18'],
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
  ['math', 'The total is -5.', '-5'],
  ['math', 'thus, we have n = \\frac12', '0.5'],
  ['text', ' Paris. ', 'paris'],
  ['text', '**New  York**', 'new york'],
];

const DIFFERENT: [Task, string, string][] = [
  ['gsm8k', '18', '19'],
  ['gsm8k', '18', '-18'],
  ['gsm8k', '3+4*5', '3'],
  ['gsm8k', '3+4*5', '5'],
  ['gsm8k', 'x-5', '-5'],
  ['gsm8k', '3+', '3'],
  ['gsm8k', '3 +', '3'],
  ['gsm8k', '3x - y', '3'],
  ['gsm8k', '2\\pi', '2'],
  ['gsm8k', '2^x', '2'],
  ['gsm8k', '3 \\times 4', '3'],
  ['gsm8k', '3 and 4', '4'],
  ['gsm8k', '3, 400', '3400'],
  ['math', 'it is not 5', '5'],
  ['math', 'x is 5 or 6', '5'],
  ['math', '3 hours 20 minutes', '20'],
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
        'so ',
        'it is ',
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

  it('takes no number out of an expression of several', () => {
    const number = fc.integer({ min: -999, max: 999 }).map(String);
    const operator = fc.constantFrom('+', '-', '*', ' + ', ' - ', ' \\times ', '^', ' and ', ', ');
    const more = fc.array(fc.tuple(operator, number), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(number, more, fc.constantFrom('', ' apples', '$'), (first, rest, unit) => {
        const text = `${first}${rest.flat().join('')}${unit}`;
        expect(isCanonicalNumber(canonicalAnswer('gsm8k', text))).toBe(false);
        expect(canonicalAnswer('gsm8k', `${text} = ${first}${unit}`)).toBe(String(Number(first)));
      }),
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
