import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** A child process of a benchmark that speaks JSON lines on its standard output. */
export type Child = { pid: number; line(): Promise<unknown>; stop(): Promise<void> };

/** Starts a script of this repository; its standard input stays open until `stop`. */
export function startScript(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Child {
  const file = resolve(import.meta.dirname, '../..', script);
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', file, ...args],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      // biome-ignore lint/style/noProcessEnv: a child inherits the environment
      env: { ...process.env, ...env },
    },
  );
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]();
  return {
    pid: child.pid as number,
    async line() {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${script} ended before it answered`);
        if (value.startsWith('{')) return JSON.parse(value);
      }
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin?.end();
      child.kill('SIGTERM');
      await ended;
    },
  };
}
