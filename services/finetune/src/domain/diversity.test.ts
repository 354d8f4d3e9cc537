import { describe, expect, it } from 'vitest';
import { dissimilarity, meanNegativeLogLikelihood } from './diversity.ts';

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
