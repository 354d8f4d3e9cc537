import { type ChildProcess, spawn } from 'node:child_process';
import { ParleyError } from '@parley/platform';
import type { JobProgress } from '../domain/state.ts';
import { LogTail, readLines } from './trainer-log.ts';

/**
 * How a process ended: its exit code, the signal that ended it, or why it could not be started. `said` is the
 * last line that it wrote to its standard error.
 */
export type Exit = { code: number | null; signal: string | null; error?: string; said?: string };

export type TrainerProcess = {
  readonly exited: Promise<Exit>;
  /** The last lines of both outputs. */
  log(): string[];
  /** Reports progress from now on; the last one known at once. Returns how to stop. */
  onProgress(listener: (progress: JobProgress) => void): () => void;
  /** SIGTERM, and SIGKILL when it still runs after `graceMs`; waits for its end. */
  stop(graceMs: number): Promise<void>;
};

/**
 * Runs a trainer's command with the path of a job as its last argument. It gets a pipe as its standard
 * input that nothing is written to: it closes when this process dies, however it dies.
 */
export function runTrainer(command: readonly string[], jobPath: string): TrainerProcess {
  const [program, ...args] = command;
  if (program === undefined) throw new ParleyError('NOT_CONFIGURED', 'the trainer has no command');
  const child = spawn(program, [...args, jobPath], { stdio: ['pipe', 'pipe', 'pipe'] });
  const tail = new LogTail();
  const listeners = new Set<(progress: JobProgress) => void>();
  let latest: JobProgress | undefined;
  let said: string | undefined;

  child.stdin.on('error', () => {});
  readLines(child.stderr, (line) => {
    tail.push(line);
    said = line;
  });
  readLines(child.stdout, (line) => {
    tail.push(line);
    const progress = progressOf(line);
    if (!progress) return;
    latest = progress;
    for (const listener of listeners) listener(progress);
  });
  const exited = exitOf(child).then((exit) => ({
    ...exit,
    ...(said === undefined ? {} : { said }),
  }));
  return {
    exited,
    log: () => tail.lines,
    onProgress(listener) {
      listeners.add(listener);
      if (latest) listener(latest);
      return () => listeners.delete(listener);
    },
    async stop(graceMs) {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(kill);
    },
  };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error: error.message });
    });
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}

/** A line `{"step","steps","loss"}`, or undefined for any other. */
function progressOf(line: string): JobProgress | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { step, steps, loss } = JSON.parse(line) as Record<string, unknown>;
    if (!Number.isInteger(step) || !Number.isInteger(steps)) return undefined;
    return {
      step: step as number,
      steps: steps as number,
      loss: typeof loss === 'number' && Number.isFinite(loss) ? loss : null,
    };
  } catch {
    return undefined;
  }
}
