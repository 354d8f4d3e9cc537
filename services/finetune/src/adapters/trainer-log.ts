import type { Readable } from 'node:stream';

const LINES = 50;
const LONGEST_LINE = 2_000;

/** The last 50 lines of a trainer's output; a line is cut after 2,000 characters. */
export class LogTail {
  readonly #lines: string[] = [];

  get lines(): string[] {
    return [...this.#lines];
  }

  push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LINES) this.#lines.shift();
  }
}

/** Calls `onLine` for every line of a stream that is not blank, cut to what a log keeps. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let partial = '';
  function take(line: string): void {
    const text = line.trimEnd();
    if (text !== '') onLine(text);
  }
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    const lines = piece.split('\n');
    partial = (partial + (lines[0] ?? '')).slice(0, LONGEST_LINE);
    for (const next of lines.slice(1)) {
      take(partial);
      partial = next.slice(0, LONGEST_LINE);
    }
  });
  stream.on('end', () => take(partial));
}
