import { seededRandom, shuffled } from '@parley/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, Verdict } from '../answer.ts';
import { decide } from './decide.ts';
import { type Equal, type Grouping, groupAnswers } from './grouping.ts';
import type { Named } from './reading.ts';
import { later, sameText, UNKNOWN, verdict, voteOn } from './testing.ts';

function named(...texts: string[]): Named[] {
  return texts.map((text, first) => ({ answer: { text }, times: 1, first }));
}

function texts({ groups }: Grouping): string[][] {
  return groups.map((group) => group.map(({ answer }) => answer.text));
}

/** `5` equals `5 cm` and `5 m`, which differ. */
function optionalUnits(a: Answer, b: Answer): Verdict {
  const [, unit = ''] = a.text.split(' ');
  const [, other = ''] = b.text.split(' ');
  return verdict(unit === '' || other === '' || unit === other);
}

/** Symmetric, and as far from transitive as chance makes it; some pairs unknown. */
function byChance(seed: number): (a: Answer, b: Answer) => Verdict {
  return (a, b) => {
    const [low, high] = [a.text, b.text].sort();
    const number = seed + (low ?? '').charCodeAt(0) * 1000 + (high ?? '').charCodeAt(0);
    const chance = seededRandom(number)();
    return chance < 0.1 ? UNKNOWN : verdict(chance < 0.6);
  };
}

describe('groupAnswers', () => {
  it.each([
    { answers: ['5 cm', '5 m', '5'], groups: [['5 cm', '5'], ['5 m']] },
    { answers: ['5 m', '5', '5 cm'], groups: [['5 m', '5'], ['5 cm']] },
    { answers: ['5', '5 cm', '5 m'], groups: [['5', '5 cm'], ['5 m']] },
    { answers: ['5'], groups: [['5']] },
    { answers: [], groups: [] },
  ])('joins an answer to the first group it wholly equals: $answers', ({ answers, groups }) => {
    expect(texts(groupAnswers(named(...answers), optionalUnits) as Grouping)).toEqual(groups);
  });

  it('begins with the answer of most ballots', () => {
    const vote = decide(voteOn(['5', '5 cm', '5 m', '5 m']), { equal: optionalUnits });
    expect(vote).toMatchObject({
      groups: [{ members: ['a', 'c', 'd'] }, { answer: '5 cm', members: ['b'] }],
    });
  });

  it('holds no two answers that were found different or unknown, and none apart that all agree on', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...'abcdefghijkl')), fc.nat(), (answers, seed) => {
        const equal = byChance(seed);
        const grouping = groupAnswers(named(...answers), equal) as Grouping;
        const groups = texts(grouping);
        expect(groups.flat().sort()).toEqual([...answers].sort());
        for (const group of groups)
          for (const a of group)
            for (const b of group)
              if (a !== b) expect(equal({ text: a }, { text: b }).equal).toBe(true);
        for (const [index, group] of groups.entries())
          for (const earlier of groups.slice(0, index))
            expect(earlier.every((a) => equal({ text: a }, { text: group[0] ?? '' }).equal)).toBe(
              false,
            );
      }),
    );
  });

  it('groups ballots in any order alike, however intransitive equality is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...'abcdefgh'), { minLength: 1, maxLength: 14 }),
        fc.nat(),
        (responses, seed) => {
          const { ballots, ...request } = voteOn(responses);
          const groups = (order: typeof ballots) =>
            decide({ ...request, ballots: order }, { equal: byChance(seed) });
          const { groups: ones, unknown } = groups(ballots) as never as {
            groups: object;
            unknown: object;
          };
          expect(groups(shuffled(ballots, seededRandom(seed)))).toMatchObject({
            groups: ones,
            unknown,
          });
        },
      ),
    );
  });

  it('asks nothing about one answer, and about a pair once', async () => {
    const asked: string[] = [];
    const equal: Equal = (a, b) => {
      asked.push(a.text + b.text);
      return verdict(false);
    };
    await groupAnswers(named('x'), equal);
    expect(asked).toEqual([]);
    await groupAnswers(named('x', 'y', 'z'), equal);
    expect(asked).toEqual(['xy', 'xz', 'yz']);
  });

  it('lists the pairs that nobody could tell, which count as different', async () => {
    const equal: Equal = (a, b) => (a.text === 'x' || b.text === 'x' ? UNKNOWN : verdict(true));
    const expected = {
      groups: [['x'], ['y', 'z']],
      unknown: [
        { a: 'x', b: 'y' },
        { a: 'x', b: 'z' },
      ],
    };
    for (const way of [equal, later(equal)]) {
      const grouping = await groupAnswers(named('x', 'y', 'z'), way);
      expect({ ...grouping, groups: texts(grouping) }).toEqual(expected);
    }
  });
});

describe('hostile votes', () => {
  const many = named(...Array.from({ length: 1024 }, (_, index) => `${index}`));

  it.each([
    { title: 'that take time', equal: later(() => verdict(false)), most: 2003 },
    { title: 'that overrun', equal: later(() => UNKNOWN), most: 103 },
    { title: 'of all pairs', equal: sameText, most: 20_000 },
  ])('make a bounded number of comparisons $title', async ({ equal, most }) => {
    let asked = 0;
    const grouping = await groupAnswers(many, (a, b) => {
      asked++;
      return equal(a, b);
    });
    expect(asked).toBeGreaterThanOrEqual(most - 3);
    expect(asked).toBeLessThanOrEqual(most);
    expect(grouping.groups).toHaveLength(1024);
    expect(grouping.unknown).toHaveLength(10);
  });

  it('pause every few comparisons, and are grouped as without', async () => {
    const answers = many.slice(0, 40);
    for (const equal of [byChance(3), later(byChance(3))]) {
      const since: number[] = [];
      let asked = 0;
      const paused = await groupAnswers(
        answers,
        (a, b) => {
          asked++;
          return equal(a, b);
        },
        async () => {
          since.push(asked);
          asked = 0;
        },
      );
      expect(paused).toEqual(await groupAnswers(answers, equal));
      expect(since.length).toBeGreaterThan(30);
      expect(Math.max(...since)).toBeLessThan(20);
    }
  });

  it('are grouped at once where there need be no pause', () => {
    expect(groupAnswers(many, sameText, () => undefined)).not.toBeInstanceOf(Promise);
  });

  it('keep few comparisons under way at once', async () => {
    let underWay = 0;
    let most = 0;
    await groupAnswers(many.slice(0, 12), async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
      return verdict(false);
    });
    expect(most).toBe(4);
  });

  it('leave no rejection unheard when a comparison throws beside one that waits', async () => {
    let asked = 0;
    const equal: Equal = () => {
      if (++asked === 2) throw new Error('second');
      return Promise.reject(new Error('first'));
    };
    expect(() => groupAnswers(named('x', 'y', 'z'), equal)).toThrow('second');
    await new Promise(setImmediate);
  });
});
