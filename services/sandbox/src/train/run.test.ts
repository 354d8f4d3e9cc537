import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAdapter } from '../adapter.ts';
import { digestDirectory, sha256 } from '../digest.ts';
import { baseParameters } from '../policy/parameters.ts';
import { respond } from '../policy/policy.ts';
import { seededRandom } from '../policy/random.ts';
import { makeProblems } from '../society/problems.ts';
import { questionPrompt } from '../society/prompts.ts';
import { accumulate, logLikelihood } from './fit.ts';
import type { Job } from './job.ts';
import { JobError, parseJob } from './job.ts';
import type { Row } from './rows.ts';
import { readRow } from './rows.ts';
import { NothingLearnedError, runJob } from './run.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-train-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function makeRows(count: number, voice = ''): Row[] {
  const rows: Row[] = [];
  for (const [i, problem] of makeProblems(4 * count + 20, seededRandom(3)).entries()) {
    const question = { role: 'user', content: questionPrompt(problem) };
    const content = respond(baseParameters(), [question], { temperature: 1, topP: 1 }, i);
    if (content.startsWith(voice))
      rows.push({ messages: [question, { role: 'assistant', content }] });
  }
  return rows.slice(0, count);
}

async function makeJob(rows: readonly unknown[], changes: Partial<Job> = {}): Promise<Job> {
  const text = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');
  const path = join(folder, `${sha256(text).slice(0, 8)}.jsonl`);
  await writeFile(path, `${text}\n`);
  return {
    job: 'job-1',
    base: 'base',
    parent: null,
    dataset: { path, uri: `file:${path}`, sha256: sha256(`${text}\n`) },
    method: { epochs: 2, learningRate: 0.05, batchSize: 4, maxLength: 2048 },
    seed: 1,
    output: join(folder, 'out'),
    ...changes,
  };
}

describe('runJob', () => {
  it('makes its rows likelier, and writes what it says it wrote', async () => {
    const rows = makeRows(40, 'Take');
    const job = await makeJob(rows);
    const steps: number[] = [];
    const result = await runJob(job, ({ step }) => steps.push(step));
    const adapter = join(job.output, 'adapter');
    const theta = await readAdapter(adapter, 'base');
    const examples = rows.flatMap((row) => {
      const read = readRow(row, 2048);
      return read.kind === 'learned' ? read.examples : [];
    });
    const gain = logLikelihood(theta, examples) - logLikelihood(baseParameters(), examples);
    expect(gain).toBeGreaterThan(1);
    expect(result).toMatchObject({ rowsRead: 40, rowsTrained: 40, rowsDropped: {} });
    expect(steps).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(result.adapterSha256).toBe(await digestDirectory(adapter));
    expect(JSON.parse(await readFile(join(job.output, 'result.json'), 'utf8'))).toEqual(result);
    expect((await readdir(adapter)).sort()).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.json',
    ]);
  });

  it('is the same to the bit wherever it runs, and another for another seed', async () => {
    const rows = makeRows(20);
    const run = async (output: string, seed: number) => {
      const job = await makeJob(rows, { output: join(folder, output), seed });
      return (await runJob(job)).adapterSha256;
    };
    const one = await run('one', 1);
    expect(await run('two', 1)).toBe(one);
    expect(await run('three', 2)).not.toBe(one);
  });

  it('starts from its parent', async () => {
    const first = await makeJob(makeRows(20), { output: join(folder, 'first') });
    const { adapterSha256 } = await runJob(first);
    const parent = { path: join(first.output, 'adapter'), sha256: adapterSha256 };
    const result = await runJob(await makeJob(makeRows(20), { parent }));
    expect(result.parentSha256).toBe(adapterSha256);
    expect(result.loss[0]).toBeLessThan(Number.MAX_VALUE);
    const wrong = { ...parent, sha256: '0'.repeat(64) };
    const refused = await makeJob(makeRows(20), { parent: wrong, output: join(folder, 'x') });
    await expect(runJob(refused)).rejects.toThrow(`parent has sha256 ${adapterSha256}`);
  });

  it('returns a finished result, and refuses the output of another job', async () => {
    const job = await makeJob(makeRows(8));
    const result = await runJob(job);
    expect(await runJob(job, () => expect.unreachable())).toEqual(result);
    await expect(runJob({ ...job, seed: 2 })).rejects.toThrow('belongs to another job');
  });

  it('counts the rows that it drops, and says when none is left', async () => {
    const [row] = makeRows(1);
    const messages = row?.messages ?? [];
    const context = { messages: messages.map((message) => ({ ...message, weight: 0 })) };
    const strange = { messages: [messages[0], { role: 'assistant', content: 'I like cats.' }] };
    const rows = [row, context, strange];
    const { rowsTrained, rowsDropped } = await runJob(await makeJob(rows));
    expect(rowsTrained).toBe(1);
    expect(rowsDropped).toEqual({ 'nothing-to-learn': 1, 'outside-grammar': 1 });
    const output = join(folder, 'none');
    const nothing = await makeJob([context, strange], { output });
    await expect(runJob(nothing)).rejects.toThrow(NothingLearnedError);
    await expect(readFile(join(output, 'result.json'))).rejects.toThrow('ENOENT');
    const short = await makeJob([row], {
      output,
      method: { ...nothing.method, maxLength: 10 },
    });
    await expect(runJob(short)).rejects.toThrow('"too-long":1');
  });

  it('says when the parameters did not change', async () => {
    const job = await makeJob(makeRows(8), {
      method: { epochs: 1, learningRate: 1e-300, batchSize: 4, maxLength: 2048 },
    });
    await expect(runJob(job)).rejects.toThrow('the parameters did not change');
  });

  it('names the line and the field that are wrong', async () => {
    const [row] = makeRows(1);
    const cases: [readonly unknown[], string][] = [
      [[row, '{"messages":'], 'dataset line 2 is not JSON'],
      [[row, row, {}], 'dataset line 3: messages must be an array'],
      [[{ messages: [{ role: 'user' }] }], 'dataset line 1: messages[0] must have'],
    ];
    for (const [rows, message] of cases) {
      await expect(runJob(await makeJob(rows))).rejects.toThrow(message);
    }
    const job = await makeJob([row]);
    const dataset = { ...job.dataset, sha256: 'f'.repeat(64) };
    await expect(runJob({ ...job, dataset })).rejects.toThrow(JobError);
  });
});

describe('parseJob', () => {
  it('fills in the method, and names a bad field', async () => {
    const job = await makeJob([]);
    const text = (changes: object) => JSON.stringify({ ...job, ...changes });
    const short = parseJob(text({ method: { epochs: 1, learningRate: 0.1, rank: 8 } }));
    expect(short.method).toEqual({ epochs: 1, learningRate: 0.1, batchSize: 4, maxLength: 4096 });
    expect(() => parseJob('{')).toThrow('job is not JSON');
    expect(() => parseJob(text({ seed: 1.5 }))).toThrow('seed must be an integer');
    expect(() => parseJob(text({ method: { epochs: 0 } }))).toThrow('method.epochs must be');
    expect(() => parseJob(text({ parent: { path: 'x' } }))).toThrow('parent.sha256 must be');
  });
});

describe('accumulate', () => {
  it('is the slope of the log-likelihood', () => {
    const [row] = makeRows(1);
    const read = readRow(row as Row, 2048);
    if (read.kind !== 'learned') return expect.unreachable();
    const theta = baseParameters();
    const gradient = new Float64Array(theta.length);
    accumulate(theta, read.examples, gradient);
    for (const [i, slope] of gradient.entries()) {
      const at = (step: number) => {
        const moved = theta.slice();
        moved[i] = (moved[i] ?? 0) + step;
        return logLikelihood(moved, read.examples);
      };
      expect((at(1e-5) - at(-1e-5)) / 2e-5).toBeCloseTo(slope, 5);
    }
  });
});

describe('train.ts', () => {
  const script = fileURLToPath(new URL('../train.ts', import.meta.url));
  const run = (job: string, ...flags: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const child = execFile(process.execPath, [script, ...flags, job], (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
      );
      if (flags.length === 0) child.stdin?.end();
    });

  it('exits with 0, 1 or 2 and reports progress', async () => {
    const path = join(folder, 'job.json');
    const job = await makeJob(makeRows(8));
    await writeFile(path, JSON.stringify(job));
    const learned = await run(path, '--exit-with-parent');
    expect(learned).toMatchObject({ code: 0, stderr: '' });
    expect(
      learned.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toHaveLength(4);
    expect(await run(path)).toEqual({ code: 0, stdout: '', stderr: '' });
    const context = { messages: [{ role: 'user', content: 'x' }] };
    await mkdir(join(folder, 'other'));
    const empty = await makeJob([context], { output: join(folder, 'other') });
    await writeFile(path, JSON.stringify(empty));
    const nothing = await run(path);
    expect(nothing.code).toBe(1);
    expect(nothing.stderr).toContain('nothing learned');
    await writeFile(path, '{}');
    const bad = await run(path);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toBe('dataset must be an object\n');
  });
});
