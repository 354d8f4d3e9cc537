import { sha256 } from '@parley/platform';
import { type Evaluation, evaluationSums } from '../domain/evaluation.ts';
import { baselineVerdict, type Verdict } from '../domain/gate.ts';
import type { CycleSetting, CycleSpec } from '../domain/spec.ts';
import type { SealedDataset } from '../domain/state.ts';
import type { TrainingFigures } from '../domain/training.ts';

/** Values for tests of the domain; `changes` replace what a test is about. */
export const REF = { uri: 'artifact:x', sha256: sha256('x') };

export function sampleSpec(changes: Partial<CycleSpec> = {}): CycleSpec {
  return {
    name: 'c1',
    society: 'pupils',
    problemSet: 'sums',
    iterations: 2,
    seed: 7,
    weight: 0.5,
    pooling: 'seat',
    method: { epochs: 2 },
    gate: { maxDropStandardErrors: 2, minDiversityShare: 0.5 },
    ...changes,
  };
}

export function sampleSetting(): CycleSetting {
  const split = { problems: 4, ...REF };
  return {
    base: 'tiny',
    agents: 1,
    revision: 3,
    task: 'arithmetic',
    train: split,
    evaluation: split,
  };
}

export function sampleDataset(seat: string, rows: number): SealedDataset {
  return { seat, rows, pools: { generation: rows }, ...REF, manifest: REF };
}

export function sampleFigures(changes: Partial<TrainingFigures> = {}): TrainingFigures {
  return {
    rowsRead: 2,
    rowsTrained: 2,
    rowsDropped: {},
    tokens: 20,
    loss: { first: 1, last: 0.5 },
    gradientNorm: 0.1,
    seconds: 1,
    ...changes,
  };
}

export function sampleVerdict(outcome: Verdict['outcome']): Verdict {
  return { ...baselineVerdict(), outcome, reasons: ['why'] };
}

/** An evaluation in which the debates were right where `bits` has a 1. */
export function sampleEvaluation(bits: string, changes: Partial<Evaluation> = {}): Evaluation {
  const sums = evaluationSums();
  for (const bit of bits)
    sums.add({
      status: 'completed',
      first: [bit === '1'],
      last: [bit === '1'],
      majority: bit === '1',
      debate: bit === '1',
      consensus: 0.5,
      tokens: 10,
      disagreement: 0.5,
      dissimilarity: 0.5,
    });
  return { ...sums.finish({ cycle: 'c1', iteration: 1, revision: 4 }, 1, []), ...changes };
}
