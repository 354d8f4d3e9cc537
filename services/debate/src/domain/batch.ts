import { deriveSeed, ParleyError } from '@parley/platform';
import { checkQuestion, type DebateRequest, type DebateSpec } from './spec.ts';

/** Everything of a batch's debates but question, problem id and seed. */
export type BatchRequest = {
  batch: string;
  template: Omit<DebateRequest, 'question' | 'problemId' | 'seed' | 'priority'>;
  problems: { uri: string; sha256: string };
  /** From which every debate's own is derived, with its problem's id. */
  seed: number;
};

/** `created`: all debates are. The last three are final, but that a created batch can be cancelled. */
export const BATCH_STATUSES = ['queued', 'running', 'created', 'failed', 'cancelled'] as const;

export type BatchStatus = (typeof BATCH_STATUSES)[number];

/** A batch as it is stored under its id. */
export type BatchRecord = {
  /** Null when nothing can be made of it: it was cancelled before it came, or is malformed. */
  request: BatchRequest | null;
  requestDigest: string;
  status: BatchStatus;
  reason: string;
  createdAt: number;
  /** The template with the society's facts, pinned when the batch began; its question is empty. */
  spec: DebateSpec | null;
  /** Problems in the file; known once it was read. */
  problems: number;
  /** Problems whose debates are created. */
  done: number;
};

/** The names under which the service keeps a batch; `sweeps` is the queue of those whose debates are to be cancelled. */
export const BATCH_KEPT = {
  record: 'batch',
  queue: 'batches',
  sweeps: 'batches.sweeps',
  index: 'batches',
} as const;

/** A batch that nothing was made of yet. */
export function newBatch(
  request: BatchRequest | null,
  requestDigest: string,
  createdAt: number,
): BatchRecord {
  const begun = { spec: null, problems: 0, done: 0 };
  return { request, requestDigest, status: 'queued', reason: '', createdAt, ...begun };
}

/** What others see of a batch. */
export type BatchView = {
  id: string;
  status: BatchStatus;
  reason: string;
  /** Problems; 0 until they were read. */
  total: number;
  /** Problems whose debates are created. */
  created: number;
  /** RFC 3339. */
  createdAt: string;
};

export function batchView(id: string, record: BatchRecord): BatchView {
  const { status, reason, problems, done } = record;
  const createdAt = new Date(record.createdAt).toISOString();
  return { id, status, reason, total: problems, created: done, createdAt };
}

/** A line of the problems file; the reference answer stays out of it. */
export type Problem = { id: string; question: string };

/**
 * The problem of a line.
 * @param number the line's, from 1, for messages.
 * @throws ParleyError DATA_CORRUPT or LIMIT_EXCEEDED naming the line.
 */
export function parseProblem(line: string, number: number): Problem {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw corrupt(number, 'is not JSON', cause);
  }
  const { id, question } = (value ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || id === '') throw corrupt(number, 'has no "id"');
  if (typeof question !== 'string') throw corrupt(number, 'has no "question"');
  try {
    checkQuestion(question);
  } catch (thrown) {
    const { reason, message } = ParleyError.from(thrown);
    throw new ParleyError(reason, `problems: line ${number}: ${message}`);
  }
  return { id, question };
}

/** The spec of a batch's debate over a problem. */
export function problemSpec(template: DebateSpec, seed: number, problem: Problem): DebateSpec {
  return {
    ...template,
    question: problem.question,
    problemId: problem.id,
    seed: deriveSeed(seed, problem.id),
  };
}

function corrupt(number: number, what: string, cause?: unknown): ParleyError {
  return new ParleyError('DATA_CORRUPT', `problems: line ${number} ${what}`, { cause });
}
