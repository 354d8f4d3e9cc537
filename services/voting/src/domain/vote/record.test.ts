import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { learn, learnedWeight } from './record.ts';
import { sameText, voteOn } from './testing.ts';
import type { AgentRecord, Vote } from './vote.ts';

function after(record: ReadonlyMap<string, AgentRecord>, responses: string[]) {
  const learned = new Map(record);
  learn(learned, decide(voteOn(responses), { equal: sameText }) as Vote);
  return learned;
}

describe('learnedWeight', () => {
  it.each([
    { record: undefined, weight: 1 / 2 },
    { record: { agreed: 0, votes: 0 }, weight: 1 / 2 },
    { record: { agreed: 1, votes: 1 }, weight: 2 / 3 },
    { record: { agreed: 0, votes: 1 }, weight: 1 / 3 },
    { record: { agreed: 98, votes: 98 }, weight: 0.99 },
  ])('of $record is $weight', ({ record, weight }) => {
    expect(learnedWeight(record)).toBe(weight);
  });
});

describe('learn', () => {
  it('counts a vote for those who had an answer, as agreed for the members of the winner', () => {
    const before = new Map([['a', { agreed: 2, votes: 3 }]]);
    expect(Object.fromEntries(after(before, ['x', 'x', 'y', '']))).toEqual({
      a: { agreed: 3, votes: 4 },
      b: { agreed: 1, votes: 1 },
      c: { agreed: 0, votes: 1 },
    });
  });

  it('learns nothing from a vote without a winner', () => {
    const before = new Map([['a', { agreed: 2, votes: 3 }]]);
    const tied = decide(voteOn(['x', 'y'], { tie: 'none' }), { equal: sameText }) as Vote;
    learn(before, tied);
    expect(before).toEqual(new Map([['a', { agreed: 2, votes: 3 }]]));
  });

  it('lets a batch learn: who was right before decides the next tie', () => {
    let record: ReadonlyMap<string, AgentRecord> = new Map();
    for (const responses of [
      ['x', 'x', 'y'],
      ['z', 'u', 'u'],
    ])
      record = after(record, responses);
    const request = voteOn(['x', 'y', 'z'], { method: 'learned', record });
    const { groups, winner } = decide(request, { equal: sameText }) as Vote;
    expect(groups.map(({ weight }) => weight)).toEqual([0.75, 0.5, 0.5]);
    expect(winner?.members).toEqual(['b']);
  });
});
