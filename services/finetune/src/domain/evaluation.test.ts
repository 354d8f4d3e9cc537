import { describe, expect, it } from 'vitest';
import { evaluationSums, type GradedProblem } from './evaluation.ts';

const OF = { cycle: 'c', iteration: 1, revision: 2 };

function problem(changes: Partial<GradedProblem>): GradedProblem {
  return {
    status: 'completed',
    first: [true, true],
    last: [true, true],
    majority: true,
    debate: true,
    consensus: 1,
    tokens: 10,
    disagreement: 0.5,
    dissimilarity: 0.5,
    ...changes,
  };
}

describe('evaluationSums', () => {
  it('keeps every problem in the denominators, whatever became of its debate', () => {
    const sums = evaluationSums();
    sums.add(problem({}));
    sums.add(problem({ first: [false, true], majority: false }));
    sums.add(
      problem({
        status: 'failed',
        first: [null, null],
        last: [null, null],
        majority: false,
        debate: false,
        consensus: 0,
        disagreement: undefined,
        dissimilarity: undefined,
      }),
    );
    sums.add(problem({ debate: false, consensus: 0.5, dissimilarity: 0.2 }));
    const evaluation = sums.finish(OF, null, ['why']);
    expect(evaluation).toMatchObject({
      ...OF,
      problems: 4,
      correct: { single: '1001', majority: '1001', debate: '1100' },
      strategies: {
        single: { accuracy: 0.5, standardError: 0.25, problems: 4 },
        debate: { accuracy: 0.5, tokens: 40 },
      },
      consensus: 2.5 / 4,
      diversity: { disagreement: 0.5, embedding: (0.5 + 0.5 + 0.2) / 3, likelihood: null },
      statuses: { completed: 3, failed: 1 },
      notes: ['why'],
    });
  });

  it.each([
    [[true], [false], 0, 1],
    [[false], [true], 1, 0],
    [[true], [true], 0, 0],
    [[null], [true], 0, 0],
    [[true], [null], 0, 0],
    [[true], [], 0, 0],
  ])('counts answers %j that became %j', (first, last, wrongToRight, rightToWrong) => {
    const sums = evaluationSums();
    sums.add(problem({ first, last }));
    expect(sums.finish(OF, null, []).flips).toEqual([{ position: 1, wrongToRight, rightToWrong }]);
  });

  it('has no accuracy of nothing', () => {
    const evaluation = evaluationSums().finish(OF, null, []);
    expect(evaluation).toMatchObject({
      problems: 0,
      consensus: 0,
      diversity: { disagreement: null, embedding: null },
    });
  });
});
