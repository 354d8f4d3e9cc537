import { sha256 } from '@parley/platform';
import { describe, expect, it } from 'vitest';
import { figuresOf, nothingLearned, parseTrainingResult, type TrainingResult } from './training.ts';

const PARENT = { uri: 'artifact:p', sha256: sha256('p') };
const RESULT: TrainingResult = {
  rowsRead: 3,
  rowsTrained: 2,
  rowsDropped: { 'too long': 1 },
  tokens: 30,
  loss: [1.5, 1, 0.5],
  gradientNorm: 0.2,
  parentSha256: PARENT.sha256,
  adapterSha256: sha256('a'),
  seconds: 1,
};

describe('parseTrainingResult', () => {
  it('reads a result', () => {
    expect(parseTrainingResult(JSON.stringify(RESULT))).toEqual(RESULT);
  });

  it.each([
    ['', /no JSON/],
    ['{}', /rowsRead/],
    [JSON.stringify({ ...RESULT, rowsTrained: -1 }), /rowsTrained/],
    [JSON.stringify({ ...RESULT, adapterSha256: 'short' }), /adapterSha256/],
    [JSON.stringify({ ...RESULT, gradientNorm: null }), /gradientNorm/],
  ])('refuses %s', (text, words) => {
    expect(() => parseTrainingResult(text)).toThrow(words);
  });
});

describe('nothingLearned', () => {
  it.each<[Partial<TrainingResult>, RegExp | undefined]>([
    [{}, undefined],
    [{ rowsTrained: 0 }, /no row of 3 was trained on \(dropped: 1 too long\)/],
    [{ gradientNorm: 0 }, /gradient norm is 0/],
    [{ adapterSha256: PARENT.sha256 }, /equals its parent/],
    [{ parentSha256: null }, /started from the base model/],
  ])('of a result with %j says %s', (changes, words) => {
    const said = nothingLearned({ ...RESULT, ...changes }, PARENT);
    if (words) expect(said).toMatch(words);
    else expect(said).toBeUndefined();
  });

  it('knows a first training by its missing parent', () => {
    expect(nothingLearned({ ...RESULT, parentSha256: null }, null)).toBeUndefined();
    expect(nothingLearned(RESULT, null)).toMatch(/not from the base model/);
  });
});

it('keeps the ends of the loss curve', () => {
  expect(figuresOf(RESULT).loss).toEqual({ first: 1.5, last: 0.5 });
  expect(figuresOf({ ...RESULT, loss: [] }).loss).toEqual({ first: null, last: null });
});
