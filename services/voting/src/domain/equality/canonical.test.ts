import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ANSWER, MAX_LINE } from '../answer.ts';
import { POLICIES, policyOf } from '../policy.ts';
import { canonical } from './canonical.ts';
import { anyFraction, anyPolicy, anyText, spellings } from './testing/arbitraries.ts';

const boxed = policyOf('boxed');
const tex = String.raw;

const FORMS: [string, string, string][] = [
  ['boxed', tex`\Delta X`, tex`\Delta X`],
  ['boxed', tex`\{1, 2,  3\}`, tex`\{1,2,3\}`],
  ['boxed', '1, 234', '1, 234'],
  ['boxed', '1, 2, 3', '1,2,3'],
  ['boxed', '1,000, 2,000', '1000,2000'],
  ['boxed', '1,000\\pi', '1000\\pi'],
  ['boxed', '(1,000)', '(1,000)'],
  ['boxed', tex`3\sqrt{2}\text{ cm}`, tex`3\sqrt{2} cm`],
  ['boxed', tex`\sin(90^{\circ})`, tex`\sin(90^\circ)`],
  ['boxed', tex`\text{6:30 PM}`, '6:30 pm'],
  ['boxed', '5 = x', 'x=5'],
  ['boxed', tex`x \tag{1}`, 'x'],
  [
    'boxed',
    tex`\begin{pmatrix} 1 & 2 \\[4pt] 3 & 4 \end{pmatrix}`,
    tex`\begin{pmatrix}1&2\\3&4\end{pmatrix}`,
  ],
  ['boxed', 'x^10', 'x^{10}'],
  ['boxed', 'x^{-1}', 'x^{-1}'],
  ['boxed', tex`\mathbf{i}+2\mathbf{j}`, tex`\mathbf{i}+2\mathbf{j}`],
  ['boxed', tex`\operatorname{arcsin} x`, tex`\arcsin x`],
  ['boxed', 'i - 5', 'i-5'],
  ['boxed', '3 hours 20 minutes', '3 hours 20 minutes'],
  ['boxed', 'it is not 5', 'it is not 5'],
  ['boxed', 'AB', 'AB'],
  ['boxed', 'No Solution', 'no solution'],
  ['boxed', '5m', '5m'],
  ['boxed', '$18', '18 dollars'],
  ['boxed', '\\frac{\\frac12}{3}', '\\frac{\\frac{1}{2}}{3}'],
  ['boxed', 'y = 2x + 1', 'y=2x+1'],
  ['boxed', 'x² ≤ ½y', tex`x^2\le\frac{1}{2}y`],
  ['boxed', 'from $5 to $10', tex`from \$5 to \$10`],
  ['boxed', '2**10', '2^{10}'],
  ['boxed', '5\\text{sec}', '5 s'],
  ['gsm', '60 km/hour', '60'],
  ['text', 'Life of Pi', 'life of pi'],
  ['text', '0.(3)', '0.(3)'],
  ['boxed', tex`3\pi \text{ m}`, tex`3\pi\text{m}`],
  ['boxed', tex`2\text{m}`, '2 m'],
  ['boxed', tex`\textbf{(B) } 5`, '5'],
  ['boxed', tex`(A)\ x`, '(A)x'],
  ['text', 'Dr.  Who?', 'dr. who?'],
];

describe('canonical', () => {
  it.each(FORMS)('%s: %s is written %s', (name, raw, text) => {
    expect(canonical(policyOf(name), raw)?.text).toBe(text);
  });

  it('gives a form that is its own form, under every policy and setting', () => {
    fc.assert(
      fc.property(anyPolicy, anyText, (policy, raw) => {
        const answer = canonical(policy, raw);
        if (answer) expect(canonical(policy, answer.text)).toEqual(answer);
      }),
      { numRuns: 20_000 },
    );
  });

  it('gives every spelling of a number the same number', () => {
    fc.assert(
      fc.property(anyFraction, (value) => {
        const numbers = spellings(value).map((text) => [text, canonical(boxed, text)?.number]);
        const [[, first] = []] = numbers;
        expect(first).toBeDefined();
        for (const [text, number] of numbers) expect(number, text).toBe(first);
      }),
    );
  });

  it('takes no number out of an expression of several', () => {
    const gsm = policyOf('gsm');
    const number = fc.integer({ min: -999, max: 999 }).map(String);
    const operator = fc.constantFrom('+', '-', '*', ' + ', ' - ', ' \\times ', '^', ' and ', ', ');
    const more = fc.array(fc.tuple(operator, number), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(number, more, fc.constantFrom('', ' apples', '$'), (first, rest, unit) => {
        const text = `${first}${rest.flat().join('')}${unit}`;
        if (/^-?10 ?\^/.test(text)) return;
        expect(canonical(gsm, text), text).toBeUndefined();
        const isSeveral = /and/.test(text);
        const result = isSeveral ? undefined : String(Number(first));
        expect(canonical(gsm, `${text} = ${first}${unit}`)?.text).toBe(result);
      }),
    );
  });

  it('gives no answer for nothing, and for more than an answer can hold', () => {
    for (const policy of POLICIES) {
      for (const raw of ['', ' ', '\n\u200b', 'x'.repeat(MAX_ANSWER + 1)])
        expect(
          canonical(policy, policy.answers === 'verbatim' ? raw.replace('\u200b', '') : raw),
        ).toBeUndefined();
    }
    expect(canonical(boxed, 'x+'.repeat(MAX_LINE))).toBeUndefined();
    expect(canonical(boxed, '1'.repeat(1000))?.number).toHaveLength(1000);
    expect(canonical(boxed, '10^{1001}')?.number).toBeUndefined();
    expect(canonical(boxed, '9^{9^{9^9}}')?.number).toBeUndefined();
  });

  /** Generous for a busy machine; a quadratic rule on a kilobyte takes less, a cubic one far more. */
  const BOUND_MS = 500;
  it.each([
    ...[
      '\\frac',
      '\\frac1',
      '{',
      '}',
      '\\text{',
      '\\sqrt',
      '$',
      '1,',
      '1,111',
      '1 ',
      ' ',
      'a ',
      '^',
      '^{',
    ],
    ...[
      '1/',
      '.',
      '*',
      '**',
      '(',
      'so ',
      'per ',
      'm/',
      'm ',
      '<b>',
      '&lt;',
      '\\',
      '\\\\',
      '_{',
      "'",
      '√(',
    ],
    ...[
      '\\overline{',
      'x=',
      '1 cm ',
      '$1',
      '\\circ',
      '½',
      '²',
      '\u202e',
      '\u0000',
      '-',
      '–',
      'A',
      'the ',
    ],
  ])('takes bounded time for a kilobyte of %j', (unit) => {
    const hostile = unit.repeat(Math.ceil(MAX_ANSWER / unit.length)).slice(0, MAX_ANSWER);
    const began = performance.now();
    for (const policy of POLICIES) canonical(policy, hostile);
    expect(performance.now() - began).toBeLessThan(BOUND_MS);
  });
});
