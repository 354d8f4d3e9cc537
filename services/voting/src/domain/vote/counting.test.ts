import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { sameLetters, sameText, voteOn } from './testing.ts';
import type { Ballot, Vote, VoteRequest } from './vote.ts';

function decided(request: VoteRequest): Vote {
  return decide(request, { equal: sameLetters }) as Vote;
}

function weights({ groups }: Vote): Record<string, number> {
  return Object.fromEntries(groups.map(({ answer, weight }) => [answer, weight]));
}

describe('weighted', () => {
  it('adds up the weights on the ballots, 1 without one', () => {
    const ballots = [
      { agent: 'a', response: 'x', weight: 0.5 },
      { agent: 'b', response: 'y' },
      { agent: 'c', response: 'X', weight: 0.75 },
    ];
    const vote = decided(voteOn(ballots, { method: 'weighted' }));
    expect(vote.groups).toEqual([
      { answer: 'X', members: ['a', 'c'], weight: 1.25 },
      { answer: 'y', members: ['b'], weight: 1 },
    ]);
    expect(vote.winner).toBe(vote.groups[0]);
    expect(vote.margin).toBeCloseTo(0.25 / 2.25);
    expect(vote.consensus).toBeCloseTo(2 / 3);
  });

  it('lets one of weight 0 agree without a say, and nobody win where all weigh 0', () => {
    const ballots = [
      { agent: 'a', response: 'x', weight: 0 },
      { agent: 'b', response: 'x', weight: 0 },
      { agent: 'c', response: 'y', weight: 2 },
    ];
    expect(decided(voteOn(ballots, { method: 'weighted' })).winner).toEqual({
      answer: 'y',
      members: ['c'],
      weight: 2,
    });
    const silent = ballots.map((ballot) => ({ ...ballot, weight: 0 }));
    expect(decided(voteOn(silent, { method: 'weighted' }))).toMatchObject({
      winner: null,
      tie: false,
      margin: 0,
      entropy: 0,
      groups: [
        { answer: 'x', members: ['a', 'b'], weight: 0 },
        { answer: 'y', weight: 0 },
      ],
    });
  });

  it('ties weights that differ by the rounding of floating point alone', () => {
    const ballots = [
      { agent: 'a', response: 'x', weight: 0.1 },
      { agent: 'b', response: 'x', weight: 0.2 },
      { agent: 'c', response: 'y', weight: 0.3 },
    ];
    expect(decided(voteOn(ballots, { method: 'weighted' }))).toMatchObject({
      tie: true,
      groups: [{ weight: 0.3 }, { weight: 0.3 }],
      margin: 0,
      entropy: 1,
    });
    const heavier = ballots.map((ballot) => ({
      ...ballot,
      weight: ballot.weight + (ballot.agent === 'c' ? 1e-9 : 0),
    }));
    expect(decided(voteOn(heavier, { method: 'weighted' }))).toMatchObject({
      tie: false,
      winner: { answer: 'y' },
    });
  });

  it('does not depend on the scale of the weights', () => {
    const someBallots = fc.array(
      fc.record({ response: fc.constantFrom('x', 'y', 'z'), weight: fc.nat({ max: 20 }) }),
      { minLength: 1, maxLength: 9 },
    );
    fc.assert(
      fc.property(someBallots, fc.integer({ min: 1, max: 1000 }), fc.nat(), (cast, scale, seed) => {
        const vote = (by: number) =>
          decided(
            voteOn(
              cast.map(({ response, weight }, index) => ({
                agent: `${index}`,
                response,
                weight: (weight * by) / 7,
              })),
              { method: 'weighted', seed },
            ),
          );
        const [one, other] = [vote(1), vote(scale)];
        expect(other.winner?.answer).toBe(one.winner?.answer);
        expect(other.tie).toBe(one.tie);
        expect(other.groups.map(({ answer }) => answer)).toEqual(
          one.groups.map(({ answer }) => answer),
        );
        expect(other.margin).toBeCloseTo(one.margin, 9);
        expect(other.entropy).toBeCloseTo(one.entropy, 9);
      }),
    );
  });
});

describe('learned', () => {
  it('weighs an agent by how often it has agreed, a new one by a half', () => {
    const record = new Map([
      ['a', { agreed: 8, votes: 8 }],
      ['b', { agreed: 0, votes: 8 }],
    ]);
    const vote = decided(voteOn(['x', 'y', 'y'], { method: 'learned', record }));
    expect(weights(vote)).toEqual({ x: 0.9, y: 0.6 });
    expect(vote.winner?.members).toEqual(['a']);
  });

  it('is the plurality without a record', () => {
    expect(weights(decided(voteOn(['x', 'y', 'y'], { method: 'learned' })))).toEqual({
      x: 0.5,
      y: 1,
    });
  });
});

/** Worked by hand. */
const BORDA: {
  title: string;
  rankings: string[][];
  weights: Record<string, number>;
  winner: string;
}[] = [
  {
    title: 'a second choice of all beats the first choice of most',
    rankings: ['xyz', 'xyz', 'xyz', 'yzx', 'yzx'].map((ranking) => [...ranking]),
    weights: { y: 7, x: 6, z: 2 },
    winner: 'y',
  },
  {
    title: 'groups that a ballot does not rank share what is left',
    rankings: [['x', 'y', 'z'], ['y', 'x'], ['z'], ['y', 'z', 'x']],
    weights: { y: 5.5, x: 3.5, z: 3 },
    winner: 'y',
  },
  {
    title: 'the better of two places of one group counts',
    rankings: [['x', 'X', 'y'], ['y', 'Y', 'x'], ['X']],
    weights: { X: 2, y: 1 },
    winner: 'X',
  },
  {
    title: 'what is no answer has no place',
    rankings: [
      ['', 'x', 'y'],
      ['x', '', 'y'],
    ],
    weights: { x: 2, y: 0 },
    winner: 'x',
  },
  {
    title: 'one group alone wins with no point',
    rankings: [['x'], ['X', 'x']],
    weights: { x: 0 },
    winner: 'x',
  },
];

describe('borda', () => {
  it.each(BORDA)('$title', ({ rankings, weights: expected, winner }) => {
    const vote = decided(
      voteOn(
        rankings.map((ranking) => ({ ranking })),
        { method: 'borda' },
      ),
    );
    expect(weights(vote)).toEqual(expected);
    expect(vote.winner?.answer).toBe(winner);
    expect(vote.tie).toBe(false);
  });

  it('gives no members to a group that nobody ranks first, and stands it behind others of its weight', () => {
    const rankings = [
      ['x', 'z'],
      ['y', 'z'],
    ];
    const vote = decided(
      voteOn(
        rankings.map((ranking) => ({ ranking })),
        { method: 'borda' },
      ),
    );
    expect(vote).toMatchObject({
      groups: [
        { answer: 'x', members: ['a'], weight: 2 },
        { answer: 'y', members: ['b'], weight: 2 },
        { answer: 'z', members: [], weight: 2 },
      ],
      tie: true,
      margin: 0,
    });
  });

  it('takes the one answer of a response for a ranking, and other methods the first of a ranking', () => {
    const ballots: Ballot[] = [
      { agent: 'a', response: 'x' },
      { agent: 'b', response: '', ranking: ['', 'y', 'x'] },
    ];
    expect(weights(decided(voteOn(ballots, { method: 'borda' })))).toEqual({ x: 1, y: 1 });
    expect(decided(voteOn(ballots)).groups).toMatchObject([
      { answer: 'x', members: ['a'] },
      { answer: 'y', members: ['b'] },
    ]);
  });

  it('gives as many points for every ballot', () => {
    const someRankings = fc.array(fc.array(fc.constantFrom(...'uvwxyz'), { maxLength: 8 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(someRankings, (rankings) => {
        const vote = decided(
          voteOn(
            rankings.map((ranking) => ({ ranking })),
            { method: 'borda' },
          ),
        );
        const m = vote.groups.length;
        const ballots = rankings.length - vote.unextracted.length;
        const total = vote.groups.reduce((sum, { weight }) => sum + weight, 0);
        expect(total).toBe((ballots * (m * m - m)) / 2);
      }),
    );
  });

  it('is the plurality where ballots give one answer each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('x', 'y', 'z', 'u'), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (responses, seed) => {
          const plurality = decide(voteOn(responses, { seed }), { equal: sameText }) as Vote;
          const borda = decide(voteOn(responses, { seed, method: 'borda' }), {
            equal: sameText,
          }) as Vote;
          const order = ({ groups }: Vote) =>
            groups.map(({ answer, members }) => [answer, members]);
          expect(order(borda)).toEqual(order(plurality));
          expect(borda.winner?.answer).toBe(plurality.winner?.answer);
          expect(borda.tie).toBe(plurality.tie);
        },
      ),
    );
  });
});
