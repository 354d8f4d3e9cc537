import { describe, expect, it } from 'vitest';
import { SANDBOX_TRAINING } from '../train/job.ts';
import { experiment } from './experiment.ts';

const settings = {
  agents: 3,
  iterations: 2,
  trainProblems: 120,
  testProblems: 200,
  sampling: { temperature: 1, topP: 1 },
  fit: { ...SANDBOX_TRAINING, pull: 0.001, seed: 1 },
  seed: 1,
} as const;

describe('experiment', () => {
  it.each(['apart', 'pooled'] as const)('learns from its own votes, trained %s', (arm) => {
    const measured = experiment({ ...settings, arm });
    const [before, , after] = measured;
    expect(before?.single).toBeGreaterThan(0.35);
    expect(before?.single).toBeLessThan(0.65);
    expect(before?.debate).toBeGreaterThan(before?.single ?? 1);
    expect(after?.single).toBeGreaterThan((before?.single ?? 1) + 0.05);
    expect(after?.disagreement).toBeLessThan(before?.disagreement ?? 0);
  });

  it('is deterministic', () => {
    const small = { ...settings, iterations: 1, trainProblems: 20, testProblems: 20 };
    const run = () => experiment({ ...small, arm: 'apart' });
    expect(run()).toEqual(run());
  });
});
