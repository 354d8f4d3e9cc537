import { describe, expect, it } from 'vitest';
import { buildReport, type CycleIteration } from './report.ts';

function iteration(number: number, debate: string): CycleIteration {
  const strategy = (bits: string) => {
    const accuracy = [...bits].filter((bit) => bit === '1').length / bits.length;
    return {
      accuracy,
      standardError: Math.sqrt((accuracy * (1 - accuracy)) / bits.length),
      problems: bits.length,
    };
  };
  return {
    iteration: number,
    verdict: number === 0 ? 'baseline' : 'promoted',
    seconds: 1,
    consensus: 0.5,
    diversity: { embedding: 0.2, likelihood: 1 },
    rows: {},
    strategies: { single: strategy('1000'), majority: strategy('1100'), debate: strategy(debate) },
    correct: { single: '1000', majority: '1100', debate },
  };
}

describe('buildReport', () => {
  const run = { seed: 1, engine: 'e', note: 'n', machine: 'm', date: '2026-01-01', seconds: 2 };

  it('takes the baselines of every iteration from the untrained society', () => {
    const report = buildReport(
      run,
      [iteration(0, '1100'), iteration(1, '1111')],
      [iteration(0, '1100'), iteration(1, '1010')],
    );
    expect(report.iterations[1]?.strategies).toMatchObject({
      base: { accuracy: 0.25 },
      majority: { accuracy: 0.5 },
      untrainedDebate: { accuracy: 0.5 },
      singleAgentFinetuning: { accuracy: 0.5 },
      debate: { accuracy: 1, standardError: 0, problems: 4 },
    });
    expect(report.comparisons.map((one) => one.baseline)).toEqual([
      'base',
      'majority',
      'untrainedDebate',
      'singleAgentFinetuning',
      'noDebate',
    ]);
    expect(report.iterations[1]?.singleAgentDiversity).toEqual({ embedding: 0.2, likelihood: 1 });
  });

  it('keeps the figures of the society that stands when a candidate is rejected', () => {
    const rejected = { ...iteration(2, '0000'), verdict: 'rejected' };
    const cycle = [iteration(0, '1100'), iteration(1, '1111'), rejected];
    const report = buildReport(run, cycle, cycle);
    expect(report.iterations[2]).toMatchObject({
      verdict: 'rejected',
      society: 1,
      strategies: { debate: { accuracy: 1 }, singleAgentFinetuning: { accuracy: 1 } },
    });
    expect(report.comparisons[0]).toMatchObject({ iteration: 1, difference: 0.75, shown: true });
    expect(report.comparisons.at(-2)).toMatchObject({ difference: 0, shown: false });
  });

  it('leaves out what the baseline cycle has not reached', () => {
    const report = buildReport(
      run,
      [iteration(0, '1100'), iteration(1, '1111')],
      [iteration(0, '1100')],
    );
    expect(report.iterations[1]?.strategies.singleAgentFinetuning).toBeUndefined();
  });
});
