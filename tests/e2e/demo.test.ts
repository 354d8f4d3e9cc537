import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '@parley/suite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cyclePoint, ended, killHard, startDemo, timelessReport, until } from './demo-process.ts';

const SIZE = { iterations: 2, problems: 40, seed: 3 };
const folders: string[] = [];

function folder(): string {
  const out = mkdtempSync(join(tmpdir(), 'parley-e2e-'));
  folders.push(out);
  return out;
}

afterAll(() => {
  for (const out of folders) rmSync(out, { recursive: true, force: true });
});

describe('the demo', () => {
  const undisturbed = folder();
  beforeAll(async () => {
    const { code, text } = await ended(startDemo(undisturbed, SIZE));
    expect(code, text).toBe(0);
  });

  it('reports every iteration with all strategies, rows by seat and diversity', () => {
    const report = JSON.parse(readFileSync(join(undisturbed, 'report.json'), 'utf8'));
    expect(report).toMatchObject({
      seed: SIZE.seed,
      engine: expect.stringContaining('not a language model'),
    });
    expect(report.iterations.map((one: { iteration: number }) => one.iteration)).toEqual([0, 1, 2]);
    for (const { strategies, consensus, diversity } of report.iterations) {
      for (const name of [
        'base',
        'majority',
        'untrainedDebate',
        'singleAgentFinetuning',
        'debate',
      ]) {
        const { accuracy, standardError, problems } = strategies[name];
        expect(problems).toBe(SIZE.problems);
        expect(standardError).toBeCloseTo(Math.sqrt((accuracy * (1 - accuracy)) / problems), 12);
      }
      expect(consensus).toBeGreaterThan(0);
      expect(diversity.embedding).toBeGreaterThan(0);
      expect(diversity.likelihood).toBeGreaterThan(0);
    }
    expect(Object.keys(report.iterations[1].rows).sort()).toEqual([
      'critic-1',
      'critic-2',
      'critic-3',
      'gen-1',
      'gen-2',
      'gen-3',
    ]);
    const page = readFileSync(join(undisturbed, 'report.html'), 'utf8');
    expect(page).toContain('<svg');
    expect(page).not.toMatch(/(?:src|href)="http/);
  });

  it('gives the same report again for the same seed, and another for another', async () => {
    const again = folder();
    expect((await ended(startDemo(again, SIZE))).code).toBe(0);
    expect(timelessReport(again)).toEqual(timelessReport(undisturbed));
    const other = folder();
    expect((await ended(startDemo(other, { ...SIZE, iterations: 1, seed: 4 }))).code).toBe(0);
    expect(timelessReport(other)).not.toEqual(timelessReport(undisturbed));
  });

  it('debates and assembles datasets on an engine that runs already, without training', async () => {
    const engine = await startEngine();
    const out = folder();
    const child = startDemo(out, SIZE, ['--engine', engine.url]);
    const { code, text } = await ended(child);
    await engine.stop();
    expect(code, text).toBe(0);
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    expect(report.engine).toBe(`base at ${engine.url}`);
    expect(report.iterations).toMatchObject([{ verdict: 'baseline', strategies: { base: {} } }]);
    const rows = readFileSync(join(out, 'datasets/gen-1.jsonl'), 'utf8').trim().split('\n');
    expect(rows).toHaveLength(report.iterations[0].rows['gen-1'].generation);
    expect(readdirSync(join(out, 'datasets'))).toContain('critic-3.jsonl');
  });

  it('goes on after kill -9 in every phase and reports what an undisturbed run reports', async () => {
    const out = folder();
    const struck: string[] = [];
    for (const [cycle, iteration, step] of MOMENTS) {
      const child = startDemo(out, SIZE);
      const output = ended(child);
      await until(child, `${cycle} ${iteration} ${step}`, () => {
        const point = cyclePoint(out, cycle);
        return point !== undefined && order(point) >= order({ iteration, step })
          ? point
          : undefined;
      });
      await killHard(child);
      const { text } = await output;
      const point = cyclePoint(out, cycle);
      struck.push(`${cycle} ${point?.iteration} ${point?.step}`);
      expect(text, 'no error before the kill').not.toContain('demo:');
    }
    expect(new Set(struck).size, `killed in: ${struck.join(', ')}`).toBeGreaterThanOrEqual(8);

    const { code, text } = await ended(startDemo(out, SIZE));
    expect(code, text).toBe(0);
    expect(text).toContain('Continuing the unfinished run.');
    expect(timelessReport(out)).toEqual(timelessReport(undisturbed));
  });
});

/** The steps of an iteration, as the cycle's record names them. */
const STEPS = [
  'requestTraining',
  'awaitTraining',
  'seal',
  'train',
  'register',
  'requestEvaluation',
  'awaitEvaluation',
  'evaluate',
  'gate',
  'conclude',
];

/** When the demo is killed: as soon as the cycle stands there, or further if the step was too short to be seen. */
const MOMENTS = [
  ['society', 0, 'awaitEvaluation'],
  ['society', 1, 'awaitTraining'],
  ['society', 1, 'seal'],
  ['single-agent', 1, 'train'],
  ['society', 1, 'train'],
  ['society', 1, 'register'],
  ['single-agent', 1, 'awaitEvaluation'],
  ['society', 1, 'evaluate'],
  ['society', 1, 'gate'],
  ['single-agent', 2, 'awaitTraining'],
  ['society', 2, 'train'],
  ['single-agent', 2, 'register'],
  ['society', 2, 'evaluate'],
] as const;

function order({ iteration, step }: { iteration: number; step: string }): number {
  return iteration * STEPS.length + STEPS.indexOf(step);
}
