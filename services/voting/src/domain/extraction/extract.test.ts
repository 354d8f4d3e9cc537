import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Extraction } from '../answer.ts';
import { canonical } from '../equality/canonical.ts';
import { POLICIES, policyOf } from '../policy.ts';
import { EXTRACTION_CASES } from './cases.ts';
import { extractAnswer, extractReference } from './extract.ts';

const policy = fc.constantFrom(...POLICIES);
const [BOXED, GSM, TEXT] = ['boxed', 'gsm', 'text'].map((name) => policyOf(name));
if (!BOXED || !GSM || !TEXT) throw new Error('the policies boxed, gsm and text must be there');

/** Fragments that make hostile texts when they are repeated. */
const UNITS = [
  ...['\\boxed{.}', '\\boxed{1+2}', '\\boxed{', '\\boxed', '\\boxed{}', '\\boxed{1', '\\boxed 1 '],
  ...['\\fbox[', '\\framebox[1]', '{', '}', '\\', '\\text{', '\\frac', '\\frac{1}{', '\\('],
  ...['####', '#### \n', '#### 1+2\n', '#### a\n', '# ', '> ', '- ', '1. ', '|'],
  ...['answer', 'answer ', 'answer is ', 'answer:', 'answer is\n', 'answer is 1.', 'answer is $'],
  ...['answer is 1+2.\n', 'answer is not ', 'answer to ', 'answer (', 'answer"', '"answer":'],
  ...[
    'Agent 2 says ',
    "Agent 2's answer is 1, but ",
    "the others' answer ",
    'agents 1 and ',
    'when ',
  ],
  ...['is the answer ', '5 is the answer ', 'final total ', '\nA: ', '**Answer**\n', '<answer>'],
  ...[
    'the ',
    'is',
    'is 1',
    'so ',
    'I choose ',
    'option B ',
    'B is ',
    '(B) is correct ',
    'B ',
    'A) ',
  ],
  ...['<think>', '</think>', '<', '</', '<b>', '&nbsp;', '```', '```\n', '`', '`a', '~~~\n'],
  ...['1', '1,', '1,111,', '.', ',1', 'a1', '1/', '1 ', '1 111 ', '5e5', '10^', '5th ', '1:', '1-'],
  ...['$', '$1 ', '$$', '**', '*', '_', '-', '–', '=', '"', ' ', '\n', '\t', 'é', '½', '\u200b'],
  ...['a1,111,111,111 ', 'May 1 ', 'between 1 and ', 'x '.repeat(140), '9'.repeat(300)],
];

/** Pieces of responses, put together at random. */
const PIECES = [
  ...['\\boxed{', '}', '{', '\\boxed{5}', '\\boxed{.}', '\\boxed 7', '#### ', '####', '$', '$$'],
  ...[
    'The answer is ',
    'Answer: ',
    '**Answer:** ',
    ' is the answer',
    'not ',
    '.',
    '. ',
    '? ',
    ': ',
  ],
  ...['3 hours 20 minutes', '2 red and 3 blue', 'so we get ', 'it is not ', 'cm', ' apples', 'x'],
  ...[
    "Agent 2's answer is ",
    'Their answer: ',
    '. I agree',
    'Agent 1 says ',
    ' when ',
    ' and a half',
  ],
  ...['A', ' (B)', 'option C', 'I choose ', ' is correct', ' = ', 'A) ', '"', 'because ', 'Paris'],
  ...['3+4*5', '18', '-', '1/3', '\\frac{1}{2}', '1,800', '.5', '0', ',', '/', '*', '**', '+', '('],
  ...[')', '\n', ' ', '\\left', '\\text{', '\\', '\\!', '%', '^', '€', 'é', '`', '```\n', '<b>'],
  ...['<think>', '</think>', '\\(', '\\)', '\\[', '\\]', '5th', '3:45', '5-7', '&nbsp;', '\u200b'],
  ...['x '.repeat(140), '9'.repeat(300)],
];

function responses(): fc.Arbitrary<string> {
  return fc
    .oneof(
      { weight: 6, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }) },
      { weight: 1, arbitrary: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }) },
    )
    .map((parts) => parts.join(''));
}

function brief(found: Extraction | undefined): { answer: string; rule: string } {
  return { answer: found?.answer.text ?? '', rule: found?.rule ?? '' };
}

describe('extractAnswer', () => {
  it.each(EXTRACTION_CASES)('$policy: $response gives $answer by $rule', (one) => {
    const { answer, rule } = one;
    expect(brief(extractAnswer(policyOf(one.policy), one.response))).toEqual({ answer, rule });
  });

  it.each(EXTRACTION_CASES.filter(({ answer }) => answer !== ''))(
    '$policy: the answer of $response stands where it says',
    (one) => {
      const found = extractAnswer(policyOf(one.policy), one.response);
      const stretch = one.response.slice(found?.from, found?.to);
      expect(canonical(policyOf(one.policy), stretch)).toEqual(found?.answer);
    },
  );

  it('reads back a box around any number or word', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(BOXED, GSM, TEXT),
        fc.bigInt(),
        fc.lorem(),
        (one, number, words) => {
          const response = `${words} \\boxed{${number}} ${words}`;
          const found = extractAnswer(one, response);
          expect(brief(found)).toEqual({ answer: String(number), rule: 'boxed' });
          expect(response.slice(found?.from, found?.to)).toBe(String(number));
        },
      ),
    );
  });

  it('finds what stands behind the last hashes, whatever prose stands before', () => {
    const prose = fc
      .array(fc.constantFrom('so', 'she has', 'the answer is', '.', '\n', 'A', '=', ','), {
        maxLength: 20,
      })
      .map((words) => words.join(' '));
    fc.assert(
      fc.property(prose, fc.bigInt(), (words, number) => {
        expect(brief(extractAnswer(GSM, `${words}\n#### ${number}`))).toEqual({
          answer: String(number),
          rule: 'hashes',
        });
      }),
    );
  });

  it('finds a letter however it is marked, and none in a list of options', () => {
    const choice = policyOf('choice');
    const forms = ['(#)', '**#**', '#.', '\\text{#}', '$#$', 'option #', '#) Paris', '"#"'];
    fc.assert(
      fc.property(
        fc.constantFrom(...'ABCDE'),
        fc.constantFrom(...forms),
        fc.constantFrom('The answer is ', 'Answer: ', 'I choose ', '**Answer:** ', '#### '),
        (letter, form, lead) => {
          const said = `It is one of them.\n${lead}${form.replace('#', letter)}`;
          expect(extractAnswer(choice, said)?.answer.text).toBe(letter);
        },
      ),
    );
    const list = [...'ABCDE'].map((letter) => `${letter}) option ${letter}`);
    expect(extractAnswer(choice, list.join('\n'))).toBeUndefined();
  });
});

describe('extractReference', () => {
  it('takes a bare answer as the whole', () => {
    expect(brief(extractReference(TEXT, ' Paris '))).toEqual({ answer: 'paris', rule: 'whole' });
    expect(extractReference(GSM, 'none')).toBeUndefined();
    for (const answer of ['not enough data', '3 hours 20 minutes', 'it is not 5'])
      expect(brief(extractReference(BOXED, answer))).toEqual({ answer, rule: 'whole' });
    expect(extractReference(BOXED, `${'so it goes, '.repeat(30)} 5`)?.answer.text).toBe('5');
  });

  it.each(EXTRACTION_CASES.filter(({ answer }) => answer !== ''))(
    '$policy: finds $answer in itself',
    (one) => {
      expect(extractReference(policyOf(one.policy), one.answer)?.answer.text).toBe(one.answer);
    },
  );

  it('finds what was extracted from a response in the response, and that in itself', () => {
    fc.assert(
      fc.property(policy, responses(), (one, response) => {
        const found = extractAnswer(one, response);
        if (!found) return;
        expect(extractReference(one, response)).toEqual(found);
        expect(extractReference(one, found.answer.text)?.answer.text).toBe(found.answer.text);
        expect(canonical(one, response.slice(found.from, found.to))).toEqual(found.answer);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('time', () => {
  const MEGABYTE = 1024 * 1024;
  /** Generous for a busy machine; a quadratic rule would need minutes. */
  const LINEAR_MS = 3000;

  it.each(UNITS)('is bounded for a megabyte of %j', (unit) => {
    const hostile = unit.repeat(Math.ceil(MEGABYTE / unit.length)).slice(0, MEGABYTE);
    for (const one of POLICIES) {
      const began = performance.now();
      extractReference(one, hostile);
      expect(performance.now() - began).toBeLessThan(LINEAR_MS);
    }
  });

  it('is little for any kilobyte of fragments', () => {
    const text = fc
      .array(fc.constantFrom(...UNITS), { minLength: 50, maxLength: 100 })
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(policy, text, (one, response) => {
        const began = performance.now();
        extractReference(one, response);
        expect(performance.now() - began).toBeLessThan(LINEAR_MS);
      }),
    );
  });
});
