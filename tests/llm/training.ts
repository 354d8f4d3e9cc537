import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { mapLimited, sha256 } from '@parley/platform';
import { expect, it } from 'vitest';
import { rowsFolder } from './cycle.ts';
import { TRAINING, trainerCommand } from './tiny-model.ts';
import { say, type World } from './world.ts';

const ROWS = 500;
const MOST_SECONDS = 240;

type Result = { rowsTrained: number; loss: number[]; seconds: number };

/** Tests how long six agents take; to be run after the cycle, whose rows it uses. */
export function training(world: () => World): void {
  it(`of six agents on ${ROWS} rows each takes less than ${MOST_SECONDS} s in all`, async () => {
    const folder = rowsFolder(world());
    const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
    expect(files).toHaveLength(6);
    const jobs: string[] = [];
    for (const file of files) jobs.push(await prepareJob(folder, file));
    const from = performance.now();
    const results = await mapLimited(jobs, availableParallelism(), (job) => train(world(), job));
    const seconds = (performance.now() - from) / 1000;
    const own = results.map((result) => result.seconds.toFixed(1)).join(', ');
    say(
      `training of six agents on ${ROWS} rows each: ${seconds.toFixed(1)} s, of their own ${own}`,
    );
    for (const { rowsTrained, loss } of results) {
      expect(rowsTrained).toBe(ROWS);
      expect(loss.at(-1)).toBeLessThan(loss[0] ?? 0);
    }
    expect(seconds).toBeLessThan(MOST_SECONDS);
  }, 600_000);
}

/** The folder of a job over the file's rows, repeated until there are enough. */
async function prepareJob(folder: string, file: string): Promise<string> {
  const rows = (await readFile(join(folder, file), 'utf8')).trim().split('\n');
  const text = `${Array.from({ length: ROWS }, (_, n) => rows[n % rows.length]).join('\n')}\n`;
  const job = join(folder, file.replace('.jsonl', ''));
  const dataset = `${job}.rows`;
  await writeFile(dataset, text);
  const content = {
    job: file,
    base: 'base',
    parent: null,
    dataset: { path: dataset, uri: file, sha256: sha256(text) },
    method: TRAINING,
    seed: 1,
    output: `${job}.output`,
  };
  await writeFile(`${job}.json`, JSON.stringify(content));
  return job;
}

async function train({ tiny }: World, job: string): Promise<Result> {
  const [program = '', ...args] = trainerCommand(tiny);
  const child = spawn(program, [...args, `${job}.json`], { stdio: ['pipe', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-2_000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`training ended with ${code}: ${words}`);
  return JSON.parse(await readFile(join(`${job}.output`, 'result.json'), 'utf8'));
}
