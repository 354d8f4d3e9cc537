import { JobError } from './job.ts';
import type { Row, RowMessage } from './rows.ts';

/** Parses a JSONL dataset. Throws JobError that names the first bad line, counted from 1. */
export function parseDataset(text: string): Row[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => parseRow(line, i + 1));
}

function parseRow(line: string, number: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new JobError(`dataset line ${number} is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  const messages = (value as { messages?: unknown } | null)?.messages;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new JobError(`dataset line ${number}: messages must be an array that is not empty`);
  }
  for (const [i, message] of messages.entries()) {
    if (!isMessage(message)) {
      const wanted = 'a string role, a string content and, if any, a number weight';
      throw new JobError(`dataset line ${number}: messages[${i}] must have ${wanted}`);
    }
  }
  return { messages };
}

function isMessage(value: unknown): value is RowMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { role, content, weight } = value as Record<string, unknown>;
  const weighs = weight === undefined || typeof weight === 'number';
  return typeof role === 'string' && typeof content === 'string' && weighs;
}
