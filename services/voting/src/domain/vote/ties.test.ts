import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { sameLetters, voteOn } from './testing.ts';
import type { Judge, Tie, Vote, VoteRequest } from './vote.ts';

const TIED = ['z', 'x', 'y', 'X', 'Z', 'y', 'u'];

async function decided(request: VoteRequest, judge?: Judge): Promise<Vote> {
  return await decide(request, { equal: sameLetters, ...(judge && { judge }) });
}

describe('a tie', () => {
  it.each<{ tie: Tie; responses: string[]; winner: string | undefined; tieBreak: string }>([
    { tie: 'earliest', responses: TIED, winner: 'Z', tieBreak: 'earliest' },
    { tie: 'earliest', responses: [...TIED].reverse(), winner: 'y', tieBreak: 'earliest' },
    { tie: 'none', responses: TIED, winner: undefined, tieBreak: '' },
    { tie: 'judge', responses: TIED, winner: 'y', tieBreak: 'random' },
  ])('of $responses goes by $tie to $winner', async ({ tie, responses, winner, tieBreak }) => {
    const vote = await decided(voteOn(responses, { tie, seed: 6 }));
    expect(vote).toMatchObject({ tie: true, tieBreak });
    expect(vote.winner?.answer).toBe(winner);
  });

  it.each<Tie>(['random', 'earliest', 'none', 'judge'])('that is none needs no %s', async (tie) => {
    const vote = await decided(voteOn(['x', 'y', 'y'], { tie }), () => Promise.resolve(0));
    expect(vote).toMatchObject({ winner: { answer: 'y' }, tie: false, tieBreak: '' });
  });

  it('is drawn as it always was: seeds of old reports give their winners', async () => {
    const winners = async (responses: string[]) => {
      const won: (string | undefined)[] = [];
      for (let seed = 0; seed < 12; seed++)
        won.push((await decided(voteOn(responses, { seed }))).winner?.answer);
      return won.join(' ');
    };
    expect(await winners(['1', '2', '3'])).toBe('2 2 1 3 2 1 3 3 1 2 1 2');
    expect(await winners(['10', '9', '10', '9', '7'])).toBe('9 10 10 9 10 10 9 9 10 9 10 9');
  });

  it('goes to the group that is named earliest in ranked ballots', async () => {
    const rankings = [{ ranking: ['', 'y', 'x'] }, { ranking: ['x', 'y'] }];
    const vote = await decided(voteOn(rankings, { method: 'borda', tie: 'earliest' }));
    expect(vote).toMatchObject({ winner: { answer: 'y' }, tieBreak: 'earliest' });
  });
});

describe('a judge', () => {
  it('is asked for one of the tied answers alone, in the order of answers', async () => {
    const asked: (readonly string[])[] = [];
    const judge: Judge = async (answers) => {
      asked.push(answers);
      return 1;
    };
    const vote = await decided(voteOn(TIED, { tie: 'judge' }), judge);
    expect(asked).toEqual([['X', 'Z', 'y']]);
    expect(vote).toMatchObject({ winner: { answer: 'Z' }, tie: true, tieBreak: 'judge' });
  });

  it.each<{ title: string; judge: Judge }>([
    { title: 'chooses nothing', judge: async () => undefined },
    { title: 'chooses an answer that is none of them', judge: async () => 3 },
    { title: 'chooses none of them by a negative number', judge: async () => -1 },
    { title: 'chooses between two', judge: async () => 0.5 },
    { title: 'fails', judge: () => Promise.reject(new Error('away')) },
    {
      title: 'fails at once',
      judge: () => {
        throw new Error('away');
      },
    },
  ])('that $title leaves the draw', async ({ judge }) => {
    for (const seed of [1, 2, 3, 4]) {
      const drawn = await decided(voteOn(TIED, { seed }));
      const judged = await decided(voteOn(TIED, { seed, tie: 'judge' }), judge);
      expect(judged).toEqual(drawn);
      expect(judged.tieBreak).toBe('random');
    }
  });

  it('is not asked where a quorum is missed', async () => {
    let count = 0;
    const judge: Judge = async () => count++;
    const vote = await decided(voteOn(TIED, { tie: 'judge', quorum: 8 }), judge);
    expect(vote.winner).toBeNull();
    expect(count).toBe(0);
  });
});
