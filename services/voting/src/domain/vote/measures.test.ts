import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { agreementOf, entropyOf, marginOf } from './measures.ts';
import { sameText, voteOn } from './testing.ts';
import type { Vote } from './vote.ts';

describe('margin and entropy', () => {
  it.each([
    { weights: [], margin: 0, entropy: 0 },
    { weights: [3], margin: 1, entropy: 0 },
    { weights: [0], margin: 1, entropy: 0 },
    { weights: [0, 0], margin: 0, entropy: 0 },
    { weights: [1, 1], margin: 0, entropy: 1 },
    { weights: [2, 1, 1], margin: 0.25, entropy: 1.5 },
    { weights: [4, 0], margin: 1, entropy: 0 },
    { weights: [0.5, 0.5, 0.5, 0.5], margin: 0, entropy: 2 },
  ])('of $weights are $margin and $entropy bits', ({ weights, margin, entropy }) => {
    const groups = weights.map((weight) => ({ answer: '', members: [], weight }));
    expect(marginOf(groups)).toBe(margin);
    expect(entropyOf(groups)).toBe(entropy);
  });
});

describe('agreement', () => {
  it('is ordered by name', () => {
    const x = { answer: 'x', members: [], weight: 1 };
    const y = { answer: 'y', members: [], weight: 1 };
    const groupOf = new Map([
      ['c', x],
      ['a', x],
      ['b', y],
    ]);
    expect(agreementOf(['d', 'c', 'b', 'a'], groupOf)).toEqual({
      agents: ['a', 'b', 'c', 'd'],
      matrix: [
        [1, 0, 1, 0],
        [0, 1, 0, 0],
        [1, 0, 1, 0],
        [0, 0, 0, 0],
      ],
    });
  });

  it.each([
    { ballots: 64, rows: 64 },
    { ballots: 65, rows: 0 },
  ])('of $ballots ballots has $rows rows', ({ ballots, rows }) => {
    const cast = Array.from({ length: ballots }, (_, index) => ({
      agent: `${index}`,
      response: 'x',
    }));
    const { agreement } = decide(voteOn(cast), { equal: sameText }) as Vote;
    expect(agreement.agents).toHaveLength(rows);
    expect(agreement.matrix).toHaveLength(rows);
  });
});

describe('dissent', () => {
  it('gives the answers that are not the winner’s as they were given, in the order of the ballots', () => {
    const { dissent } = decide(voteOn(['z', 'x', '', 'y', 'x']), { equal: sameText }) as Vote;
    expect(dissent).toEqual([
      { agent: 'a', answer: 'z' },
      { agent: 'd', answer: 'y' },
    ]);
  });
});
