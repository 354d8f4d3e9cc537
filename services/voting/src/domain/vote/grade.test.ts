import { describe, expect, it } from 'vitest';
import { policyOf } from '../policy.ts';
import { gradePair } from './grade.ts';
import { later, sameText, UNKNOWN, verdict } from './testing.ts';

const exact = policyOf('exact');

describe('gradePair', () => {
  it('tells what it compared, and by which rule', () => {
    expect(gradePair(exact, { answer: ' x ', reference: 'x' }, sameText)).toEqual({
      equal: true,
      rule: 'symbolic',
      unknown: false,
      answer: { answer: { text: 'x' }, rule: 'whole', from: 1, to: 2 },
      reference: { answer: { text: 'x' }, rule: 'whole', from: 0, to: 1 },
    });
  });

  it('reads whole responses and bare answers alike', () => {
    const pair = { answer: 'So she has 6 * 3 apples.\n#### 18', reference: '18.0' };
    expect(gradePair(policyOf('gsm'), pair, sameText)).toMatchObject({
      equal: true,
      answer: { answer: { text: '18' }, rule: 'hashes' },
      reference: { answer: { text: '18' } },
    });
  });

  it.each([
    { pair: { answer: '', reference: 'x' }, sides: ['reference'] },
    { pair: { answer: 'x', reference: '' }, sides: ['answer'] },
    { pair: { answer: '', reference: '' }, sides: [] },
  ])('lets a side without an answer equal nothing: $pair', ({ pair, sides }) => {
    const { equal, rule, unknown, ...found } = gradePair(exact, pair, () =>
      verdict(true),
    ) as never as Record<string, unknown>;
    expect({ equal, rule, unknown }).toEqual({ equal: false, rule: '', unknown: false });
    expect(Object.keys(found)).toEqual(sides);
  });

  it('waits for a comparison that takes its time, and reports an unknown one', async () => {
    const pair = { answer: 'x', reference: 'y' };
    const grade = gradePair(
      exact,
      pair,
      later(() => UNKNOWN),
    );
    expect(grade).toBeInstanceOf(Promise);
    expect(await grade).toMatchObject({ equal: false, rule: '', unknown: true });
  });
});
