import { describe, expect, it } from 'vitest';
import { envToFinetuneConfig } from './config.ts';

describe('envToFinetuneConfig', () => {
  it.each([
    ['node train.ts  --exit-with-parent', ['node', 'train.ts', '--exit-with-parent']],
    ['["a b","c"]', ['a b', 'c']],
    [undefined, undefined],
    ['', undefined],
  ])('reads the trainer %s', (PARLEY_TRAINER, expected) => {
    expect(envToFinetuneConfig({ PARLEY_TRAINER }).trainer).toEqual(expected);
  });

  it.each([
    ['PARLEY_TRAINER', '[]'],
    ['PARLEY_TRAINER', '[1]'],
    ['PARLEY_TRAINER', '["a"'],
    ['PARLEY_TRAINER', '  '],
    ['PARLEY_TRAINER_PARALLELISM', '0'],
    ['PARLEY_DATASET_ADDRESS', 'no port'],
    ['PARLEY_DEBATE_ADDRESS', 'http://debate:9090'],
  ])('refuses %s=%s by name', (variable, value) => {
    expect(() => envToFinetuneConfig({ [variable]: value })).toThrow(variable);
  });
});
