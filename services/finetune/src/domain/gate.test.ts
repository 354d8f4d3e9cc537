import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleEvaluation, sampleSpec } from '../testing/samples.ts';
import type { Evaluation } from './evaluation.ts';
import { judge, type SeatTraining } from './gate.ts';

const TRAINED: SeatTraining[] = [
  { seat: 'gen-1', rows: 3, trained: { rows: 3, adapterSha256: 'b', parentSha256: 'a' } },
  { seat: 'critic-1', rows: 3, trained: { rows: 3, adapterSha256: 'c', parentSha256: null } },
];
const { gate } = sampleSpec();
const CURRENT = sampleEvaluation('1'.repeat(50) + '0'.repeat(50));

function verdict(
  candidate: Evaluation,
  changes: Partial<Parameters<typeof judge>[0]> = {},
): ReturnType<typeof judge> {
  return judge({
    spec: gate,
    candidate,
    current: CURRENT,
    first: CURRENT,
    seats: TRAINED,
    ...changes,
  });
}

/** Right on the first `right` of 100 problems. */
function rightOn(right: number, changes: Partial<Evaluation> = {}): Evaluation {
  return sampleEvaluation('1'.repeat(right) + '0'.repeat(100 - right), changes);
}

const flips = (wrongToRight: number, rightToWrong: number) => ({
  flips: [{ position: 1, wrongToRight, rightToWrong }],
});

describe('judge', () => {
  it.each<[string, Evaluation, Partial<Parameters<typeof judge>[0]>, string, RegExp]>([
    ['as good', rightOn(50), {}, 'promoted', /^accuracy changed by 0\.0/],
    ['better', rightOn(60), {}, 'promoted', /^accuracy changed by 10\.0/],
    ['a little worse', rightOn(47), {}, 'promoted', /^accuracy changed by -3\.0/],
    ['much worse', rightOn(40), {}, 'rejected', /^accuracy fell by 10\.0 points/],
    [
      'worse, but that is tolerated',
      rightOn(40),
      { spec: { ...gate, maxDropStandardErrors: 4 } },
      'promoted',
      /./,
    ],
    [
      'a little worse, which is not tolerated',
      rightOn(47),
      { spec: { ...gate, maxDropStandardErrors: 0 } },
      'rejected',
      /accuracy fell/,
    ],
    [
      'less diverse',
      rightOn(50, { diversity: { disagreement: 0.5, embedding: 0.24, likelihood: 1 } }),
      {},
      'rejected',
      /embedding dissimilarity 0\.240 is below 0\.250/,
    ],
    [
      'just diverse enough',
      rightOn(50, { diversity: { disagreement: 0.5, embedding: 0.25, likelihood: 1 } }),
      {},
      'promoted',
      /./,
    ],
    [
      'not trained at all',
      rightOn(60),
      { seats: [{ seat: 'gen-1', rows: 0 }] },
      'rejected',
      /no agent was trained/,
    ],
    [
      'trained without one that had rows',
      rightOn(60),
      { seats: [...TRAINED, { seat: 'gen-2', rows: 4 }] },
      'rejected',
      /gen-2 was not trained on its 4 rows/,
    ],
    [
      'trained to the same adapter',
      rightOn(60),
      {
        seats: [
          { seat: 'gen-1', rows: 1, trained: { rows: 1, adapterSha256: 'a', parentSha256: 'a' } },
        ],
      },
      'rejected',
      /equals its parent/,
    ],
    [
      'trained without one that had no rows',
      rightOn(60),
      { seats: [...TRAINED, { seat: 'gen-2', rows: 0 }] },
      'promoted',
      /gen-2 keeps its version/,
    ],
    [
      'more agreed and much worse',
      rightOn(40, { consensus: 0.9 }),
      {},
      'collapsed',
      /^agreement rose from 0\.500 to 0\.900 while accuracy fell/,
    ],
    ['more agreed and better', rightOn(60, { consensus: 0.9 }), {}, 'promoted', /./],
    ['less agreed and much worse', rightOn(40, { consensus: 0.4 }), {}, 'rejected', /./],
    [
      'spoilt by critics',
      rightOn(60, flips(0, 9)),
      {},
      'collapsed',
      /critics turned 9 right answers wrong and 0 wrong ones right/,
    ],
    ['changed both ways by critics', rightOn(60, flips(5, 9)), {}, 'promoted', /./],
    ['corrected by critics', rightOn(60, flips(9, 0)), {}, 'promoted', /./],
    [
      'spoilt by critics, but less than before',
      rightOn(60, flips(0, 9)),
      { current: { ...CURRENT, ...flips(0, 20) } },
      'promoted',
      /./,
    ],
  ])('says of a candidate that is %s', (_what, candidate, changes, outcome, words) => {
    const decided = verdict(candidate, changes);
    expect(decided.outcome).toBe(outcome);
    expect(decided.reasons.join('\n')).toMatch(new RegExp(words.source, 'm'));
  });

  it('says that diversity was not judged when it was not measured', () => {
    const unmeasured = { diversity: { disagreement: null, embedding: null, likelihood: null } };
    const decided = verdict(rightOn(50, unmeasured));
    expect(decided).toMatchObject({ outcome: 'promoted', diversity: null });
    expect(decided.reasons).toContain('diversity was not judged: it was not measured');
    expect(verdict(rightOn(50), { first: rightOn(50, unmeasured) }).diversity).toBeNull();
  });

  it('gives all figures', () => {
    expect(verdict(rightOn(40, flips(2, 1)))).toMatchObject({
      accuracy: { candidate: 0.4, current: 0.5, difference: -0.1 },
      diversity: { candidate: 0.5, first: 0.5, lowest: 0.25 },
      agreement: { candidate: 0.5, current: 0.5 },
      flips: { wrongToRight: 2, rightToWrong: 1 },
    });
  });

  it('never rejects for accuracy what is at least as accurate', () => {
    const bits = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(bits, bits, (some, others) => {
        const length = Math.min(some.length, others.length);
        const text = (list: boolean[]) => list.slice(0, length).map(Number).join('');
        const candidate = sampleEvaluation(text(some));
        const current = sampleEvaluation(text(others));
        const decided = judge({ spec: gate, candidate, current, first: current, seats: TRAINED });
        if (candidate.strategies.debate.accuracy >= current.strategies.debate.accuracy)
          expect(decided.outcome).toBe('promoted');
      }),
    );
  });
});
