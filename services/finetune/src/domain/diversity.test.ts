import { describe, expect, it } from 'vitest';
import { disagreement, dissimilarity, meanNegativeLogLikelihood } from './diversity.ts';

describe('disagreement', () => {
  it.each([
    [1, [1], undefined],
    [2, [2], 0],
    [2, [1, 1], 1],
    [3, [2, 1], 2 / 3],
    [3, [2], 2 / 3],
    [3, [], 1],
    [5, [3, 2], 6 / 10],
  ])('of %i agents in groups of %j is %j', (agents, groupSizes, expected) => {
    expect(disagreement(agents, groupSizes)).toEqual(expected);
  });
});

describe('dissimilarity', () => {
  it.each([
    [[], undefined],
    [[[1, 0]], undefined],
    [
      [
        [1, 0],
        [1, 0],
      ],
      0,
    ],
    [
      [
        [1, 0],
        [0, 2],
      ],
      1,
    ],
    [
      [
        [1, 0],
        [-1, 0],
        [0, 1],
      ],
      (2 + 1 + 1) / 3,
    ],
    [
      [
        [0, 0],
        [1, 0],
      ],
      1,
    ],
  ])('of %j is %s', (vectors, expected) => {
    expect(dissimilarity(vectors)).toBe(expected);
  });
});

describe('meanNegativeLogLikelihood', () => {
  it('weighs every token alike', () => {
    const scores = [
      { logProbability: -4, tokens: 2 },
      { logProbability: -2, tokens: 4 },
    ];
    expect(meanNegativeLogLikelihood(scores)).toBe(1);
    expect(meanNegativeLogLikelihood([])).toBeNull();
  });
});
