import { shuffled } from '@parley/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOf } from '../policy.ts';
import { decide } from './decide.ts';
import { later, sameLetters, sameText, voteOn } from './testing.ts';
import { METHODS, TIES, type Vote, type VoteRequest } from './vote.ts';

/** Letters that are one answer in either case; an empty response has none. */
const someResponse = fc.constantFrom('x', 'X', 'y', 'Y', 'z', '');
const someBallot = fc.record({
  response: someResponse,
  ranking: fc.array(someResponse, { maxLength: 4 }),
  weight: fc.nat({ max: 4 }),
});
const someRequest: fc.Arbitrary<VoteRequest> = fc
  .record({
    ballots: fc.array(someBallot, { minLength: 1, maxLength: 9 }),
    method: fc.constantFrom(...METHODS),
    tie: fc.constantFrom(...TIES),
    seed: fc.nat(),
    quorum: fc.nat({ max: 4 }),
    agreed: fc.nat({ max: 5 }),
  })
  .map(({ ballots, agreed, ...rest }) => {
    const named = ballots.map((ballot, index) => ({
      agent: String.fromCharCode(97 + index),
      ...ballot,
    }));
    return voteOn(named, { ...rest, record: new Map([['a', { agreed, votes: 5 }]]) });
  });
const someRandom = fc
  .infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }))
  .map((stream) => () => stream.next().value as number);

function decided(request: VoteRequest): Vote {
  const vote = decide(request, { equal: sameLetters });
  if (vote instanceof Promise) throw new Error('was not decided at once');
  return vote;
}

describe('decide', () => {
  it('pauses between ballots where it is told to, and decides the same', async () => {
    const request = voteOn(['x', 'y', 'X', 'x', ''], { quorum: 4 });
    let pauses = 0;
    const pause = async () => {
      pauses++;
    };
    const paused = decide(request, { equal: sameLetters, pause });
    expect(paused).toBeInstanceOf(Promise);
    expect(await paused).toEqual(decided(request));
    expect(pauses).toBe(5);
  });

  it('takes the largest group and says everything about the vote', () => {
    expect(decided(voteOn(['x', 'y', 'X', 'x', ''], { quorum: 4 }))).toEqual({
      winner: { answer: 'x', members: ['a', 'c', 'd'], weight: 3 },
      tie: false,
      tieBreak: '',
      groups: [
        { answer: 'x', members: ['a', 'c', 'd'], weight: 3 },
        { answer: 'y', members: ['b'], weight: 1 },
      ],
      unextracted: ['e'],
      extractions: [
        { agent: 'a', extraction: { answer: { text: 'x' }, rule: 'whole', from: 0, to: 1 } },
        { agent: 'b', extraction: { answer: { text: 'y' }, rule: 'whole', from: 0, to: 1 } },
        { agent: 'c', extraction: { answer: { text: 'X' }, rule: 'whole', from: 0, to: 1 } },
        { agent: 'd', extraction: { answer: { text: 'x' }, rule: 'whole', from: 0, to: 1 } },
        { agent: 'e', extraction: undefined },
      ],
      consensus: 0.6,
      margin: 0.5,
      entropy: expect.closeTo(0.8112781, 6),
      agreement: {
        agents: ['a', 'b', 'c', 'd', 'e'],
        matrix: [
          [1, 0, 1, 1, 0],
          [0, 1, 0, 0, 0],
          [1, 0, 1, 1, 0],
          [1, 0, 1, 1, 0],
          [0, 0, 0, 0, 0],
        ],
      },
      dissent: [{ agent: 'b', answer: 'y' }],
      quorum: true,
      unknown: [],
    });
  });

  it('reads responses by the policy', () => {
    const responses = ['7', 'so \\boxed{18}', '#### 18.0', 'no idea'];
    expect(
      decide(voteOn(responses, { policy: policyOf('gsm') }), { equal: sameText }),
    ).toMatchObject({
      winner: { answer: '18', members: ['b', 'c'], weight: 2 },
      groups: [{ answer: '18' }, { answer: '7', members: ['a'] }],
      unextracted: ['d'],
      consensus: 0.5,
    });
  });

  it('has no winner when nothing can be extracted', () => {
    expect(decided(voteOn(['', ' ']))).toMatchObject({
      winner: null,
      tie: false,
      groups: [],
      unextracted: ['a', 'b'],
      consensus: 0,
      margin: 0,
      entropy: 0,
      dissent: [],
    });
  });

  it.each([
    { responses: ['x', 'x', ''], quorum: 2, reached: true },
    { responses: ['x', 'x', ''], quorum: 3, reached: false },
    { responses: ['', ''], quorum: 0, reached: true },
  ])('reaches a quorum of $quorum with $responses: $reached', ({ responses, quorum, reached }) => {
    const vote = decided(voteOn(responses, { quorum }));
    expect(vote.quorum).toBe(reached);
    expect(vote.winner !== null).toBe(reached && vote.groups.length > 0);
  });

  it('has no winner of a missed quorum even in a tie, which it still tells', () => {
    expect(decided(voteOn(['x', 'y'], { quorum: 3 }))).toMatchObject({
      winner: null,
      tie: true,
      tieBreak: '',
      dissent: [],
    });
  });

  it('shows the spelling that most members gave, of several the shortest, then the smallest', () => {
    const shown = (...responses: string[]) => decided(voteOn(responses)).winner?.answer;
    expect(shown('ab', 'aB', 'aB')).toBe('aB');
    expect(shown('ab', 'aB')).toBe('aB');
    const lengths = decide(voteOn(['long', 'x']), {
      equal: () => ({ equal: true, rule: 'symbolic', unknown: false }),
    });
    expect(lengths).toMatchObject({ winner: { answer: 'x', members: ['a', 'b'] } });
  });

  it('orders groups of one weight by their first member', () => {
    const { groups } = decided(voteOn(['z', 'y', 'y', 'x', 'z', 'u']));
    expect(groups.map(({ answer }) => answer)).toEqual(['z', 'y', 'x', 'u']);
  });

  it('is synchronous until a comparison is not, with the same result', async () => {
    await fc.assert(
      fc.asyncProperty(someRequest, async (request) => {
        const vote = decided(request);
        expect(await decide(request, { equal: later(sameLetters) })).toEqual(vote);
      }),
    );
  });

  it('throws what a comparison throws', async () => {
    const equal = () => Promise.reject(new Error('overloaded'));
    await expect(decide(voteOn(['x', 'y', 'z']), { equal })).rejects.toThrow('overloaded');
  });

  it('does not depend on the order of the ballots but for the earliest of a tie', () => {
    fc.assert(
      fc.property(someRequest, someRandom, (request, random) => {
        fc.pre(request.tie !== 'earliest');
        const { extractions: _, dissent, ...vote } = decided(request);
        const ballots = shuffled(request.ballots, random);
        const { extractions: __, dissent: others, ...other } = decided({ ...request, ballots });
        expect(other).toEqual(vote);
        expect(others).toHaveLength(dissent.length);
        expect(others).toEqual(expect.arrayContaining(dissent));
      }),
    );
  });

  it('counts every ballot once, and keeps every measure in its bounds', () => {
    fc.assert(
      fc.property(someRequest, (request) => {
        const vote = decided(request);
        const { groups, unextracted, winner, dissent } = vote;
        const voters = [...groups.flatMap(({ members }) => members), ...unextracted];
        expect(voters.sort()).toEqual(request.ballots.map(({ agent }) => agent));
        if (winner)
          expect(winner.members.length + dissent.length + unextracted.length).toBe(voters.length);
        expect(vote.consensus).toBeCloseTo((winner?.members.length ?? 0) / voters.length);
        expect(vote.margin).toBeGreaterThanOrEqual(0);
        expect(vote.margin).toBeLessThanOrEqual(1);
        expect(vote.entropy).toBeGreaterThanOrEqual(0);
        expect(vote.entropy).toBeLessThanOrEqual(Math.log2(Math.max(1, groups.length)) + 1e-9);
      }),
    );
  });

  it('takes a winner among the heaviest, and calls several of them a tie', () => {
    fc.assert(
      fc.property(someRequest, (request) => {
        const { groups, winner, tie, tieBreak, quorum } = decided(request);
        if (winner) expect(winner.weight).toBe(groups[0]?.weight);
        const hasTwo = groups[1] !== undefined && groups[0]?.weight === groups[1].weight;
        if (tie) expect(hasTwo).toBe(true);
        else expect(hasTwo && groups[0]?.weight !== 0).toBe(false);
        expect(winner === null ? '' : tieBreak).toBe(tieBreak);
        if (tie && quorum && request.tie !== 'none')
          expect(tieBreak).toBe(request.tie === 'judge' ? 'random' : request.tie);
      }),
    );
  });

  it('keeps a winner that gets one ballot more', () => {
    fc.assert(
      fc.property(someRequest, (request) => {
        const before = decided({ ...request, method: 'plurality' });
        fc.pre(before.winner !== null);
        const more = { agent: 'more', response: before.winner?.answer ?? '' };
        const after = decided({
          ...request,
          method: 'plurality',
          ballots: [...request.ballots, more],
        });
        expect(after.winner?.answer.toLowerCase()).toBe(before.winner?.answer.toLowerCase());
        expect(after.tie).toBe(false);
      }),
    );
  });

  it('agrees symmetrically, every agent that has an answer with itself', () => {
    fc.assert(
      fc.property(someRequest, (request) => {
        const { agreement, unextracted } = decided(request);
        for (const [row, agent] of agreement.agents.entries()) {
          expect(agreement.matrix[row]?.[row]).toBe(unextracted.includes(agent) ? 0 : 1);
          for (const column of agreement.agents.keys())
            expect(agreement.matrix[row]?.[column]).toBe(agreement.matrix[column]?.[row]);
        }
      }),
    );
  });
});
