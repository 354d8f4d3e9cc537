/** A training job, as `job.json` says it. */
export interface Job {
  readonly job: string;
  /** The served name of the base model. */
  readonly base: string;
  readonly parent: { readonly path: string; readonly sha256: string } | null;
  readonly dataset: { readonly path: string; readonly uri: string; readonly sha256: string };
  readonly method: Method;
  readonly seed: number;
  /** The directory that gets `adapter/` and `result.json`. */
  readonly output: string;
}

/** How to train. */
export interface Method {
  /** Passes over the rows. */
  readonly epochs: number;
  /** Step size on the mean log-likelihood of a batch. */
  readonly learningRate: number;
  /** Rows a step. */
  readonly batchSize: number;
  /** Rows of more tokens are dropped. */
  readonly maxLength: number;
}

/** The method that suits the sandbox policy; what a job leaves out is taken from here. */
export const SANDBOX_TRAINING: Method = {
  epochs: 2,
  learningRate: 0.05,
  batchSize: 4,
  maxLength: 4096,
};

/** Input that cannot be trained on: the message says what is wrong and where. */
export class JobError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JobError';
  }
}

/** Parses the text of `job.json`. Unknown fields are ignored; throws JobError naming a bad one. */
export function parseJob(text: string): Job {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JobError(`job is not JSON: ${(cause as Error).message}`, { cause });
  }
  const job = record(value, 'job');
  const dataset = record(job.dataset, 'dataset');
  const method = { ...SANDBOX_TRAINING, ...record(job.method ?? {}, 'method') };
  const parent = job.parent ?? null;
  const path = string(dataset, 'dataset.path');
  return {
    job: string(job, 'job'),
    base: string(job, 'base'),
    parent: parent === null ? null : parseParent(record(parent, 'parent')),
    dataset: {
      path,
      uri: dataset.uri === undefined ? path : string(dataset, 'dataset.uri'),
      sha256: digest(dataset, 'dataset.sha256'),
    },
    method: {
      epochs: number(method, 'method.epochs', 1, 10_000, true),
      learningRate: number(method, 'method.learningRate', 1e-12, 1e6, false),
      batchSize: number(method, 'method.batchSize', 1, 1_000_000, true),
      maxLength: number(method, 'method.maxLength', 1, 1_000_000, true),
    },
    seed: number(job, 'seed', -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true),
    output: string(job, 'output'),
  };
}

function parseParent(parent: Record<string, unknown>): NonNullable<Job['parent']> {
  return { path: string(parent, 'parent.path'), sha256: digest(parent, 'parent.sha256') };
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new JobError(`${name} must be an object`);
  }
  return value as Record<string, unknown>;
}

function field(of: object, name: string): unknown {
  return (of as Record<string, unknown>)[name.slice(name.lastIndexOf('.') + 1)];
}

function string(of: Record<string, unknown>, name: string): string {
  const value = field(of, name);
  if (typeof value !== 'string' || value === '') {
    throw new JobError(`${name} must be a string that is not empty`);
  }
  return value;
}

function digest(of: Record<string, unknown>, name: string): string {
  const value = string(of, name);
  if (!/^[0-9a-f]{64}$/.test(value)) {
    throw new JobError(`${name} must be 64 hexadecimal digits in lower case, got ${value}`);
  }
  return value;
}

function number(of: object, name: string, least: number, most: number, whole: boolean): number {
  const value = field(of, name);
  const fits = typeof value === 'number' && value >= least && value <= most;
  if (!fits || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'an integer' : 'a number';
    throw new JobError(`${name} must be ${kind} from ${least} to ${most}`);
  }
  return value;
}
