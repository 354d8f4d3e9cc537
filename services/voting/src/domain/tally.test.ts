import { shuffled } from '@parley/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ballot, tally } from './tally.ts';

function ballots(...responses: string[]): Ballot[] {
  return responses.map((response, index) => ({ agent: `gen-${index + 1}`, response }));
}

const someBallots = fc
  .array(fc.constantFrom('1', '2', '3.0', '3', 'none'), { minLength: 1, maxLength: 9 })
  .map((responses) => ballots(...responses));

describe('tally', () => {
  it('takes the largest group of equal answers', () => {
    const vote = tally('gsm8k', ballots('7', 'so \\boxed{18}', '#### 18.0', 'no idea'), 1);
    expect(vote).toEqual({
      winner: { answer: '18', members: ['gen-2', 'gen-3'] },
      tie: false,
      groups: [
        { answer: '18', members: ['gen-2', 'gen-3'] },
        { answer: '7', members: ['gen-1'] },
      ],
      unextracted: ['gen-4'],
      extractions: [
        { agent: 'gen-1', answer: '7', rule: 'last-number' },
        { agent: 'gen-2', answer: '18', rule: 'boxed' },
        { agent: 'gen-3', answer: '18', rule: 'hashes' },
        { agent: 'gen-4', answer: '', rule: '' },
      ],
      consensus: 0.5,
    });
  });

  it('has no winner when nothing can be extracted', () => {
    expect(tally('gsm8k', ballots('none', 'nothing'), 1)).toMatchObject({
      winner: null,
      tie: false,
      groups: [],
      unextracted: ['gen-1', 'gen-2'],
      consensus: 0,
    });
  });

  it('draws every tied group for some seed, always the same for one', () => {
    const tied = ballots('1', '2', '3');
    const won = new Set<string | undefined>();
    for (let seed = 0; seed < 50; seed++) {
      const vote = tally('gsm8k', tied, seed);
      expect(vote.tie).toBe(true);
      expect(tally('gsm8k', tied, seed)).toEqual(vote);
      won.add(vote.winner?.answer);
    }
    expect([...won].sort()).toEqual(['1', '2', '3']);
  });

  it('does not depend on the order of the ballots', () => {
    fc.assert(
      fc.property(
        someBallots,
        fc.nat(),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (cast, seed, stream) => {
          const { extractions: _, ...vote } = tally('gsm8k', cast, seed);
          const order = shuffled(cast, () => stream.next().value as number);
          const { extractions: __, ...other } = tally('gsm8k', order, seed);
          expect(other).toEqual(vote);
        },
      ),
    );
  });

  it('counts every ballot once and keeps the consensus a share', () => {
    fc.assert(
      fc.property(someBallots, fc.nat(), (cast, seed) => {
        const { groups, unextracted, consensus, winner, tie } = tally('gsm8k', cast, seed);
        const voters = [...groups.flatMap(({ members }) => members), ...unextracted].sort();
        expect(voters).toEqual(cast.map(({ agent }) => agent).sort());
        expect(consensus).toBeCloseTo((winner?.members.length ?? 0) / cast.length);
        expect(consensus).toBeGreaterThanOrEqual(0);
        expect(consensus).toBeLessThanOrEqual(1);
        expect(tie).toBe(
          groups[1] !== undefined && groups[0]?.members.length === groups[1].members.length,
        );
      }),
    );
  });
});
