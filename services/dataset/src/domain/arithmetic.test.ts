import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateArithmetic } from './arithmetic.ts';

const FORM = /^What is the result of (\d+)\+(\d+)\*(\d+)\+(\d+)-(\d+)\*(\d+)\?$/;

describe('generateArithmetic', () => {
  it('gives distinct questions with exact answers, the same for one seed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 2, max: 30 }), (seed, operandMax) => {
        const spec = { seed, train: 40, evaluation: 20, operandMax };
        const splits = generateArithmetic(spec);
        expect(generateArithmetic(spec)).toEqual(splits);
        const all = [...splits.train, ...splits.evaluation];
        expect(new Set(all.map(({ question }) => question)).size).toBe(60);
        for (const { question, answer } of all) {
          const [a, b, c, d, e, f] = (FORM.exec(question) ?? []).slice(1).map(Number) as number[];
          const operands = [a, b, c, d, e, f] as [number, number, number, number, number, number];
          expect(Math.max(...operands)).toBeLessThanOrEqual(operandMax);
          expect(answer).toBe(
            String(
              operands[0] + operands[1] * operands[2] + operands[3] - operands[4] * operands[5],
            ),
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('numbers the problems of each split', () => {
    const { train, evaluation } = generateArithmetic({
      seed: 1,
      train: 2,
      evaluation: 1,
      operandMax: 30,
    });
    expect(train.map(({ id }) => id)).toEqual(['train-00001', 'train-00002']);
    expect(evaluation.map(({ id }) => id)).toEqual(['evaluation-00001']);
  });

  it.each([
    [{ seed: 1, train: 33, evaluation: 1, operandMax: 1 }, 'arithmetic.operandMax'],
    [{ seed: 1, train: 0, evaluation: 1, operandMax: 30 }, 'arithmetic.train'],
    [{ seed: 1, train: 1, evaluation: 100_001, operandMax: 30 }, 'arithmetic.evaluation'],
  ])('refuses %j', (spec, field) => {
    expect(() => generateArithmetic(spec)).toThrowError(expect.objectContaining({ field }));
  });
});
