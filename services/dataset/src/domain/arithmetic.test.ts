import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arithmeticSpec, generateArithmetic } from './arithmetic.ts';

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

  it('of a seed stays what it was', () => {
    const spec = { seed: 5, train: 2, evaluation: 1, operandMax: 30 };
    const { train, evaluation } = generateArithmetic(spec);
    expect([...train, ...evaluation].map(({ question, answer }) => [question, answer])).toEqual([
      ['What is the result of 10+15*14+16-1*13?', '223'],
      ['What is the result of 25+18*14+17-27*6?', '132'],
      ['What is the result of 7+3*8+26-10*7?', '-13'],
    ]);
  });

  it('makes bare expressions of the other form', () => {
    const { train } = generateArithmetic({ seed: 5, train: 3, evaluation: 1, form: 'b*c-d' });
    for (const { question } of train) expect(question).toMatch(/^\d\d\*\d-\d\d=\?$/);
  });

  it.each([
    [{ seed: 1, train: 0, evaluation: 1, form: 'b*c-d' as const }, 'arithmetic.train'],
    [{ seed: 1, train: 33, evaluation: 1, operandMax: 1 }, 'arithmetic.operandMax'],
    [{ seed: 1, train: 0, evaluation: 1, operandMax: 30 }, 'arithmetic.train'],
    [{ seed: 1, train: 1, evaluation: 100_001, operandMax: 30 }, 'arithmetic.evaluation'],
  ])('refuses %j', (spec, field) => {
    expect(() => generateArithmetic(spec)).toThrowError(expect.objectContaining({ field }));
  });
});

describe('arithmeticSpec', () => {
  const draw = { seed: 1, train: 2, evaluation: 3 };

  it('says the largest operand of the default form, and leaves its name out', () => {
    const spec = { ...draw, operandMax: 30 };
    expect(arithmeticSpec(draw)).toEqual(spec);
    expect(arithmeticSpec({ ...draw, form: 'a+b*c+d-e*f' })).toEqual(spec);
    expect(arithmeticSpec({ ...draw, operandMax: 9 })).toEqual({ ...draw, operandMax: 9 });
  });

  it('takes no largest operand for the other form', () => {
    expect(arithmeticSpec({ ...draw, form: 'b*c-d' })).toEqual({ ...draw, form: 'b*c-d' });
    expect(() => arithmeticSpec({ ...draw, form: 'b*c-d', operandMax: 30 })).toThrow(
      expect.objectContaining({ reason: 'INVALID_ARGUMENT', field: 'arithmetic.operandMax' }),
    );
  });
});
