import { readFileSync, statSync } from 'node:fs';

const LINES = 30;

/** Bytes in a log file; 0 when there is none yet. */
export function logSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last 30 lines of what was written to a log file after its first `from` bytes. */
export function logTail(path: string, from: number): string {
  if (logSize(path) <= from) return '(nothing was logged)';
  return readFileSync(path)
    .subarray(from)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .slice(-LINES)
    .join('\n');
}
