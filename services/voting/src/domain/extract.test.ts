import { TASKS, type Task } from '@parley/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractAnswer, extractReference } from './extract.ts';

const TABLE: [Task, string, string, string][] = [
  ['gsm8k', 'She has \\boxed{18} eggs, not 20.', '18', 'boxed'],
  ['gsm8k', '\\boxed{1}, no: \\boxed{2}', '2', 'boxed'],
  ['gsm8k', '\\boxed{\\text{18 dollars}} and 5', '18', 'boxed'],
  ['gsm8k', '\\boxed {7}', '7', 'boxed'],
  ['gsm8k', '\\boxed{} so 3', '3', 'last-number'],
  ['gsm8k', '\\boxed{12 so the answer is 12', '12', 'phrase'],
  ['gsm8k', 'She makes $<<9*2=18>>18.\n#### 18', '18', 'hashes'],
  ['gsm8k', '#### 1,234.50\nthanks 3', '1234.5', 'hashes'],
  ['gsm8k', '#### Step 1\n#### Result\nThe answer is 4', '1', 'hashes'],
  ['gsm8k', 'The answer is 5. Wait. The final answer is: **6**.', '6', 'phrase'],
  ['gsm8k', 'Final Answer:\n\n$70,000', '70000', 'phrase'],
  ['gsm8k', 'Answer = -3', '-3', 'phrase'],
  ['gsm8k', 'The answer is 3.5 per day. In 2 days…', '3.5', 'phrase'],
  ['gsm8k', 'The answer is 5 + 3 = 8', '8', 'phrase'],
  ['gsm8k', 'answers vary; 9 remain', '9', 'last-number'],
  ['gsm8k', 'It costs $1,234.', '1234', 'last-number'],
  ['gsm8k', 'a loss of −$5', '-5', 'last-number'],
  ['gsm8k', 'from 5-3', '3', 'last-number'],
  ['gsm8k', 'x = -3', '-3', 'last-number'],
  ['gsm8k', 'so 3/4 of it', '0.75', 'last-number'],
  ['gsm8k', '12 g of CO2', '12', 'last-number'],
  ['gsm8k', 'one, 2, 3', '3', 'last-number'],
  ['gsm8k', '1,2,3', '3', 'last-number'],
  ['gsm8k', '80% of them', '80', 'last-number'],
  ['gsm8k', 'no idea', '', ''],
  ['gsm8k', '\\boxed{18 apples}', '18', 'boxed'],
  ['math', 'She has 5 apples left.', '5', 'last-number'],
  ['math', '2 red and 3 blue', '', ''],
  ['gsm8k', '\\boxed{$18.50}', '18.5', 'boxed'],
  ['gsm8k', '\\boxed{-27}', '-27', 'boxed'],
  ['gsm8k', '\\boxed{x = 18}', '18', 'boxed'],
  ['gsm8k', '\\boxed{3+4*5}', '', ''],
  ['gsm8k', '\\boxed{3 hours 20 minutes}', '', ''],
  ['gsm8k', '\\boxed{1,2,3}', '', ''],
  ['gsm8k', '\\boxed{\\sqrt{16}}', '', ''],
  ['gsm8k', '\\boxed{3+4*5} = 23', '23', 'last-number'],
  ['gsm8k', '\\boxed{3+4*5}. The answer is 23 apples.', '23', 'phrase'],
  ['gsm8k', '\\boxed{5}, that is \\boxed{2+3}', '5', 'boxed'],
  ['gsm8k', '\\boxed{\\boxed{3+4}}', '', ''],
  ['gsm8k', '#### 3+4*5', '', ''],
  ['gsm8k', '23\n#### 3+4*5', '23', 'last-number'],
  ['gsm8k', 'The answer is 3+4*5.', '', ''],
  ['gsm8k', 'The answer is 5. The answer is $3+4*5$', '5', 'phrase'],
  ['gsm8k', 'Answer: 3*4 = 12 and 5 more make 17', '17', 'last-number'],
  ['arithmetic', '\\boxed{1+2*3+4-5*6}', '', ''],
  ['arithmetic', '\\boxed{1+2*3+4-5*6=-19}', '-19', 'boxed'],
  ['arithmetic', '1+2*3+4-5*6 = 1+6+4-30 = -19', '-19', 'last-number'],
  ['arithmetic', '123456789012345678901234567890', '123456789012345678901234567890', 'last-number'],
  ['math', '\\boxed{\\frac{\\sqrt{3}}{2}}', '\\frac{\\sqrt{3}}{2}', 'boxed'],
  ['math', 'so \\boxed{\\{1,2\\}}.', '\\{1,2\\}', 'boxed'],
  ['math', 'The answer is $\\frac{2}{4}$ because 2 < 4.', '0.5', 'phrase'],
  ['math', '\\frac{1}{3}', '1/3', 'whole'],
  ['math', 'x^2+1', 'x^2+1', 'whole'],
  ['math', 'so we get 5', '5', 'whole'],
  ['math', 'so x = 5', '5', 'whole'],
  ['math', '2 red and 3 blue', '', ''],
  ['math', 'There are 2 red ones\nand 3 blue ones', '3', 'last-number'],
  ['math', '\\boxed{2 red and 3 blue}', '2 red and 3 blue', 'boxed'],
  ['math', '\\boxed{the answer is x+1}', 'x+1', 'boxed'],
  ['math', '\\boxed{3+4*5}', '3+4*5', 'boxed'],
  ['text', 'I say \\boxed{Paris}', 'paris', 'boxed'],
  ['text', 'The answer is New York. It is big.', 'new york', 'phrase'],
  ['text', 'Paris', '', ''],
];

describe('extractAnswer', () => {
  it.each(TABLE)('%s: %j gives %j by %s', (task, response, answer, rule) => {
    expect(extractAnswer(task, response)).toEqual({ answer, rule });
  });

  it('reads back a box around any number or word', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TASKS), fc.bigInt(), fc.lorem(), (task, number, words) => {
        expect(extractAnswer(task, `${words} \\boxed{${number}} ${words}`)).toEqual({
          answer: String(number),
          rule: 'boxed',
        });
      }),
    );
  });

  it('takes a bare answer as the whole where a reference is expected', () => {
    expect(extractReference('text', ' Paris ')).toEqual({ answer: 'paris', rule: 'whole' });
    expect(extractReference('gsm8k', 'none')).toEqual({ answer: '', rule: '' });
    for (const answer of ['not enough data', '3 hours 20 minutes', 'it is not 5'])
      expect(extractReference('math', answer)).toEqual({ answer, rule: 'whole' });
    expect(extractReference('math', `${'so it goes, '.repeat(30)} 5`).answer).toBe('5');
  });

  const MEGABYTE = 1024 * 1024;
  /** Generous for a busy machine; a quadratic rule would need minutes. */
  const LINEAR_MS = 3000;
  const units = [
    ...['\\boxed{.}', '\\boxed{1+2}', 'answer is 1+2.\n', '#### 1+2\n', 'the ', 'is', 'is 1'],
    ...[
      '\\boxed{',
      '\\boxed',
      '\\boxed{}',
      '\\boxed{1',
      '{',
      '}',
      '\\',
      '####',
      '#### \n',
      'answer',
    ],
    ...[
      'answer is ',
      'answer:',
      'answer is\n',
      'answer is 1.',
      '1',
      '1,',
      '1,111,',
      '.',
      ',1',
      'a1',
    ],
    ...[
      '1/',
      '-',
      ' ',
      '\n',
      '\\text{',
      '$',
      'answer is $',
      '\\frac',
      '**',
      'a1,111,111,111 ',
      '5e5',
    ],
  ];
  it.each(units)('takes bounded time for a megabyte of %j', (unit) => {
    const hostile = unit.repeat(Math.ceil(MEGABYTE / unit.length)).slice(0, MEGABYTE);
    for (const task of TASKS) {
      const began = performance.now();
      extractReference(task, hostile);
      expect(performance.now() - began).toBeLessThan(LINEAR_MS);
    }
  });

  it('takes little time for any kilobyte of fragments', () => {
    const text = fc
      .array(fc.constantFrom(...units), { minLength: 50, maxLength: 100 })
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.constantFrom(...TASKS), text, (task, response) => {
        const began = performance.now();
        extractReference(task, response);
        expect(performance.now() - began).toBeLessThan(LINEAR_MS);
      }),
    );
  });
});
