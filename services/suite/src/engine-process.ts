import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A running development engine: its base URL, its process id and how it is stopped. */
export type EngineProcess = { url: string; pid: number; stop(): Promise<void> };

/** How the development engine is started: any flags of its command line. */
export type EngineOptions = { flags?: string[] };

const MAIN = fileURLToPath(import.meta.resolve('@parley/sandbox/main'));

/**
 * Starts the development engine as a process of its own on a free port; it ends with this process, whatever
 * ends it, because its standard input closes.
 * @throws Error with the engine's last words when it ends before it is ready.
 */
export async function startEngine(options: EngineOptions = {}): Promise<EngineProcess> {
  const child = spawn(
    process.execPath,
    [MAIN, '--port', '0', '--exit-with-parent', ...(options.flags ?? [])],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const url = await announcedUrl(child);
  child.stdout?.resume();
  child.stderr?.resume();
  return {
    url,
    pid: child.pid as number,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function announcedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-2000);
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`the development engine ended with ${code}: ${words}`)),
    );
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) => {
      resolve((JSON.parse(line) as { url: string }).url);
    });
  });
}
