import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

const DEMO = resolve(import.meta.dirname, '../../services/suite/src/demo.ts');

/** The demo as a user starts it, small, with any other flags; its state and report stand in `out`. */
export function startDemo(
  out: string,
  size: { iterations: number; problems: number; seed: number },
  flags: string[] = [],
): ChildProcess {
  const { iterations, problems, seed } = size;
  return spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      DEMO,
      ...['--out', out, '--seed', String(seed), '--iterations', String(iterations)],
      ...['--train', String(problems), '--evaluation', String(problems), ...flags],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

/** Waits for the end of a process; resolves with its exit code and everything that it printed. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = '';
  const collect = (chunk: Buffer) => {
    text += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

/** The report without what a clock decides. */
export function timelessReport(out: string): unknown {
  return JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'), (key, value: unknown) =>
    key === 'seconds' || key === 'date' ? undefined : value,
  );
}

/** Where a cycle of the run stands, as its store has it. */
export type CyclePoint = { iteration: number; step: string };

/** Reads the cycle's state beside the running suite; undefined before there is one. */
export function cyclePoint(out: string, cycle: string): CyclePoint | undefined {
  const file = join(out, 'demo/parley.db');
  if (!existsSync(file)) return undefined;
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const row = database
      .prepare(`SELECT value FROM store_finetune_record WHERE owner = ? AND name = 'cycle'`)
      .get(cycle);
    if (!row) return undefined;
    const { state } = JSON.parse(String(row.value)) as { state: CyclePoint };
    return { iteration: state.iteration, step: state.step };
  } catch (error) {
    if (String(error).includes('no such table')) return undefined;
    throw error;
  } finally {
    database.close();
  }
}

/** Waits until a condition holds; fails with its description when the process ends before. */
export async function until<T>(
  child: ChildProcess,
  what: string,
  condition: () => T | undefined,
): Promise<T> {
  for (;;) {
    const found = condition();
    if (found !== undefined) return found;
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the demo ended (${child.exitCode ?? child.signalCode}) before ${what}`);
    await delay(4);
  }
}

/** kill -9, as the kernel or an operator would. */
export async function killHard(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}
