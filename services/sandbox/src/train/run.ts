import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AdapterError, readAdapter, writeAdapter } from '../adapter.ts';
import { digestDirectory, sha256 } from '../digest.ts';
import { baseParameters } from '../policy/parameters.ts';
import { parseDataset } from './dataset.ts';
import type { FitStep, Fitted } from './fit.ts';
import { trainParameters } from './fit.ts';
import type { Job } from './job.ts';
import { JobError } from './job.ts';
import type { Example } from './rows.ts';
import { readRow } from './rows.ts';

/** What `result.json` says. */
export interface TrainingResult {
  readonly rowsRead: number;
  readonly rowsTrained: number;
  /** How many rows were dropped, by reason. */
  readonly rowsDropped: Readonly<Record<string, number>>;
  /** Tokens that took loss, in one epoch. */
  readonly tokens: number;
  /** Mean negative log-likelihood a learned token of each step's batch, in nats. */
  readonly loss: readonly number[];
  readonly gradientNorm: number;
  readonly parentSha256: string | null;
  readonly adapterSha256: string;
  readonly seconds: number;
  /** Digest of the job, by which a repeated run knows its own result. */
  readonly jobSha256: string;
}

/** A training that ended without having learned anything. */
export class NothingLearnedError extends Error {
  constructor(message: string) {
    super(`nothing learned: ${message}`);
    this.name = 'NothingLearnedError';
  }
}

/** A parameter that moved less has not moved. */
const LEAST_CHANGE = 1e-12;

/** Strength of the pull back to the parent, a step. */
const PULL = 0.001;

/**
 * Trains as the job says: verifies digests, fits, writes `adapter/`, and last, atomically,
 * `result.json`. A result of the same job that is already there is returned as it is. Throws
 * JobError for bad input and NothingLearnedError when the parameters would not have moved.
 */
export async function runJob(
  job: Job,
  onStep: (step: FitStep) => void = () => {},
): Promise<TrainingResult> {
  const began = performance.now();
  const jobSha256 = sha256(JSON.stringify(job));
  const adapter = join(job.output, 'adapter');
  const done = await finished(job, jobSha256, adapter);
  if (done !== null) return done;
  const parent = await readParent(job);
  const rows = parseDataset(await readDataset(job));
  const examples: (readonly Example[])[] = [];
  const rowsDropped: Record<string, number> = {};
  let tokens = 0;
  for (const row of rows) {
    const read = readRow(row, job.method.maxLength);
    if (read.kind === 'dropped') {
      rowsDropped[read.reason] = (rowsDropped[read.reason] ?? 0) + 1;
    } else {
      examples.push(read.examples);
      tokens += read.tokens;
    }
  }
  const settings = { ...job.method, pull: PULL, seed: job.seed };
  const perRow = tokens / Math.max(1, examples.length);
  const fitted = trainParameters(parent, examples, settings, (step) =>
    onStep({ ...step, loss: step.loss / perRow }),
  );
  refuseNothing(parent, examples.length, rowsDropped, fitted);
  await rm(adapter, { recursive: true, force: true });
  const { epochs, learningRate, batchSize } = job.method;
  await writeAdapter(adapter, fitted.theta, {
    base: job.base,
    job: job.job,
    parentSha256: job.parent?.sha256 ?? null,
    datasetSha256: job.dataset.sha256,
    rowsTrained: examples.length,
    method: `${epochs} epochs, learning rate ${learningRate}, ${batchSize} rows a step, seed ${job.seed}`,
  });
  const result: TrainingResult = {
    rowsRead: rows.length,
    rowsTrained: examples.length,
    rowsDropped,
    tokens,
    loss: fitted.loss.map((loss) => loss / perRow),
    gradientNorm: fitted.gradientNorm,
    parentSha256: job.parent?.sha256 ?? null,
    adapterSha256: await digestDirectory(adapter),
    seconds: Math.round(performance.now() - began) / 1000,
    jobSha256,
  };
  const file = join(job.output, 'result.json');
  await writeFile(`${file}.part`, `${JSON.stringify(result)}\n`);
  await rename(`${file}.part`, file);
  return result;
}

async function finished(
  job: Job,
  jobSha256: string,
  adapter: string,
): Promise<TrainingResult | null> {
  const file = join(job.output, 'result.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  let result: TrainingResult;
  try {
    result = JSON.parse(text) as TrainingResult;
  } catch (cause) {
    throw new JobError(`${file} is not JSON`, { cause });
  }
  if (result.jobSha256 !== jobSha256) {
    throw new JobError(`${file} belongs to another job; give this one an output of its own`);
  }
  const digest = await digestDirectory(adapter).catch(() => null);
  if (digest === result.adapterSha256) return result;
  await rm(file);
  return null;
}

async function readParent(job: Job): Promise<Float64Array> {
  if (job.parent === null) return baseParameters();
  const { path, sha256: wanted } = job.parent;
  let found: string;
  try {
    found = await digestDirectory(path);
  } catch (cause) {
    throw new JobError(`parent.path: no adapter at ${path}`, { cause });
  }
  if (found !== wanted) throw new JobError(`parent has sha256 ${found}, the job says ${wanted}`);
  try {
    return await readAdapter(path, job.base);
  } catch (cause) {
    if (cause instanceof AdapterError) throw new JobError(`parent: ${cause.message}`, { cause });
    throw cause;
  }
}

async function readDataset(job: Job): Promise<string> {
  const { path, sha256: wanted } = job.dataset;
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new JobError(`dataset.path: cannot read ${path}`, { cause });
  }
  const found = sha256(bytes);
  if (found !== wanted) throw new JobError(`dataset has sha256 ${found}, the job says ${wanted}`);
  return bytes.toString('utf8');
}

function refuseNothing(
  parent: Float64Array,
  rows: number,
  dropped: Readonly<Record<string, number>>,
  { theta, loss, gradientNorm }: Fitted,
): void {
  if (rows === 0) {
    throw new NothingLearnedError(`no row could be trained on, dropped ${JSON.stringify(dropped)}`);
  }
  if (!loss.every(Number.isFinite) || !theta.every(Number.isFinite)) {
    throw new NothingLearnedError('the loss is not finite; a smaller learning rate may help');
  }
  if (gradientNorm === 0) throw new NothingLearnedError('the gradient is zero');
  if (theta.every((value, i) => Math.abs(value - (parent[i] as number)) < LEAST_CHANGE)) {
    throw new NothingLearnedError('the parameters did not change');
  }
}
