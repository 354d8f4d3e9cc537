import { describe, expect, it } from 'vitest';
import {
  REF,
  sampleDataset,
  sampleFigures,
  sampleSetting,
  sampleSpec,
  sampleVerdict,
} from '../testing/samples.ts';
import { iterationManifest, manifestPath } from './manifest.ts';
import { type CycleRecord, initialState } from './state.ts';

function record(changes: Partial<CycleRecord['state']> = {}, at = 0): CycleRecord {
  const setting = sampleSetting();
  const state = { ...initialState(setting, at), ...changes };
  return { spec: sampleSpec(), setting, createdAt: new Date(at).toISOString(), state };
}

describe('iterationManifest', () => {
  it('names everything that the iteration was made of', () => {
    const manifest = JSON.parse(
      iterationManifest(
        record({
          iteration: 1,
          work: {
            datasets: [sampleDataset('gen-1', 2)],
            jobs: {
              'gen-1': {
                status: 'done',
                attempts: 1,
                adapter: REF,
                parentSha256: null,
                figures: sampleFigures(),
              },
            },
            candidate: 4,
            verdict: sampleVerdict('promoted'),
          },
        }),
      ),
    );
    expect(manifest).toMatchObject({
      cycle: 'c1',
      iteration: 1,
      revision: { debated: 3, evaluated: 4 },
      collections: { training: 'c1.i1.train', evaluation: 'c1.i1.evaluation' },
      problemSet: { train: REF, evaluation: REF },
      datasets: [{ seat: 'gen-1', sha256: REF.sha256, manifest: REF }],
      adapters: { 'gen-1': { ...REF, parentSha256: null, rowsTrained: 2 } },
      verdict: { outcome: 'promoted' },
    });
    expect(Object.keys(manifest.seeds)).toEqual(['cycle', 'evaluation', 'seal', 'training']);
  });

  it('has the same bytes whenever it is made', () => {
    expect(iterationManifest(record({}, 1))).toBe(iterationManifest(record({ log: ['x'] }, 2)));
  });

  it('of iteration 0 knows of no training', () => {
    const manifest = JSON.parse(iterationManifest(record()));
    expect(manifest.collections).toEqual({ evaluation: 'c1.i0.evaluation' });
    expect(manifest.problemSet).not.toHaveProperty('train');
  });

  it('stands under the cycle and the iteration', () => {
    expect(manifestPath('c1', 2)).toBe('cycles/c1/2/manifest.json');
  });
});
