import { describe, expect, it } from 'vitest';
import { sampleSpec } from '../testing/samples.ts';
import { collectionId, jobName, sameSpec, seatsOf, seeds } from './spec.ts';

describe('names', () => {
  it('say everything that makes a thing one', () => {
    expect(collectionId('c', 2, 'training')).toBe('c.i2.train');
    expect(collectionId('c', 0, 'evaluation')).toBe('c.i0.evaluation');
    expect(jobName('c', 1, 'critic-2', 1)).toBe('c.i1.critic-2.1');
    expect(seatsOf(2)).toEqual(['gen-1', 'gen-2', 'critic-1', 'critic-2']);
  });
});

describe('seeds', () => {
  const spec = sampleSpec();

  it('are the same for all evaluations and differ between trainings', () => {
    expect(seeds.debates(spec, 0, 'evaluation')).toBe(seeds.debates(spec, 5, 'evaluation'));
    expect(seeds.debates(spec, 1, 'training')).not.toBe(seeds.debates(spec, 2, 'training'));
    expect(seeds.training(spec, 1, 'gen-1')).not.toBe(seeds.training(spec, 1, 'gen-2'));
  });
});

describe('sameSpec', () => {
  it.each([
    [{}, true],
    [{ method: { epochs: 3 } }, false],
    [{ gate: { minDiversityShare: 0.5, maxDropStandardErrors: 2 } }, true],
    [{ seed: 8 }, false],
  ])('with %j is %s', (changes, same) => {
    expect(sameSpec(sampleSpec(), sampleSpec(changes))).toBe(same);
  });
});
