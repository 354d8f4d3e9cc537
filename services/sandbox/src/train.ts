import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Job } from './train/job.ts';
import { JobError, parseJob } from './train/job.ts';
import { NothingLearnedError, runJob } from './train/run.ts';

const USAGE = 'usage: train.ts [--exit-with-parent] <job.json>';

/** Runs one job; resolves to the exit code: 0 learned, 1 nothing learned, 2 bad input. */
async function main(): Promise<number> {
  try {
    const job = await readJob();
    await runJob(job, (step) => process.stdout.write(`${JSON.stringify(step)}\n`));
    return 0;
  } catch (error) {
    const known = error instanceof JobError || error instanceof NothingLearnedError;
    process.stderr.write(`${known ? error.message : String(error)}\n`);
    return error instanceof JobError ? 2 : 1;
  }
}

async function readJob(): Promise<Job> {
  let parsed: { values: { 'exit-with-parent'?: boolean }; positionals: string[] };
  try {
    const options = { 'exit-with-parent': { type: 'boolean' } } as const;
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (cause) {
    throw new JobError(`${(cause as Error).message}; ${USAGE}`, { cause });
  }
  const [path, ...rest] = parsed.positionals;
  if (path === undefined || rest.length > 0) throw new JobError(USAGE);
  if (parsed.values['exit-with-parent'] === true) {
    process.stdin.once('close', orphaned).resume();
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new JobError(`cannot read ${path}`, { cause });
  }
  return parseJob(text);
}

function orphaned(): void {
  process.exit(130);
}

process.exitCode = await main();
process.stdin.off('close', orphaned);
process.stdin.destroy();
