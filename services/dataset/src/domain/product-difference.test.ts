import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isAllowed,
  isForEvaluation,
  problemSpace,
  productDifferences,
} from './product-difference.ts';

describe('isForEvaluation', () => {
  // (31 b + 17 c + 7 d) mod 11
  it.each([
    ['38*6-19', 5, false],
    ['12*3-10', 9, false],
    ['99*9-99', 10, false],
    ['47*8-20', 6, false],
    ['38*6-12', 0, true],
    ['12*3-13', 8, false],
    ['12*3-15', 0, true],
    ['99*9-89', 6, false],
    ['99*9-90', 2, false],
  ])('of %s, whose rest is %i, is %s', (expression, rest, expected) => {
    const operands = parsed(expression);
    expect((operands.b * 31 + operands.c * 17 + operands.d * 7) % 11).toBe(rest);
    expect(isForEvaluation(operands)).toBe(expected);
  });
});

describe('isAllowed', () => {
  it.each([
    ['12*3-36', true],
    ['12*3-37', false],
    ['19*3-37', true],
    ['19*3-38', false],
    ['38*6-99', true],
  ])('of %s is %s', (expression, expected) => {
    expect(isAllowed(parsed(expression))).toBe(expected);
  });
});

describe('problemSpace', () => {
  it('holds every allowed problem once, in one of the splits', () => {
    const { train, evaluation } = problemSpace();
    const all = [...train, ...evaluation];
    expect(new Set(all.map(({ b, c, d }) => `${b}*${c}-${d}`)).size).toBe(all.length);
    expect(all.every(isAllowed)).toBe(true);
    expect(train.some(isForEvaluation)).toBe(false);
    expect(evaluation.every(isForEvaluation)).toBe(true);
    expect(all.every(({ b, c, d }) => b * c - d >= 0)).toBe(true);
  });
});

describe('productDifferences', () => {
  it('gives distinct problems of the right side with exact answers, the same for one seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const splits = productDifferences(seed, { train: 40, evaluation: 20 });
        expect(productDifferences(seed, { train: 40, evaluation: 20 })).toEqual(splits);
        const all = [...splits.train, ...splits.evaluation];
        expect(new Set(all.map(({ question }) => question)).size).toBe(60);
        for (const { id, question, answer } of all) {
          const operands = parsed(question.slice(0, -2));
          expect(question).toBe(`${operands.b}*${operands.c}-${operands.d}=?`);
          expect(answer).toBe(String(operands.b * operands.c - operands.d));
          expect(isForEvaluation(operands)).toBe(id.startsWith('evaluation'));
        }
      }),
      { numRuns: 20 },
    );
  });

  const { train, evaluation } = problemSpace();
  const most = Math.floor(train.length / 5);

  it('gives as many as there are for evaluation, and a fifth of those to train', () => {
    const splits = productDifferences(1, { train: most, evaluation: evaluation.length });
    expect(splits.train).toHaveLength(most);
    expect(new Set(splits.evaluation.map(({ question }) => question)).size).toBe(evaluation.length);
    expect(splits.train.at(-1)?.id).toBe(`train-${String(most).padStart(5, '0')}`);
  });

  it.each([
    ['train', { train: most + 1, evaluation: 1 }],
    ['evaluation', { train: 1, evaluation: evaluation.length + 1 }],
  ])('refuses more for %s, saying how many there are', (split, sizes) => {
    expect(() => productDifferences(1, sizes)).toThrow(
      expect.objectContaining({
        reason: 'LIMIT_EXCEEDED',
        field: `arithmetic.${split}`,
        message: expect.stringMatching(
          new RegExp(`${train.length} distinct.*at most ${most} \\(20 %\\).*${evaluation.length}`),
        ),
      }),
    );
  });
});

function parsed(expression: string) {
  const [b = 0, c = 0, d = 0] = expression.split(/[*-]/).map(Number);
  return { b, c, d };
}
