import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { sha256 } from '@parley/platform';

const SERVICES = resolve(import.meta.dirname, '../../..');

/** A process that was started, and what the line said with which it became ready. */
export type Started = {
  ready: Record<string, unknown>;
  /** Kills it and waits for its end. */
  kill(): Promise<void>;
};

/** Runs a main file of this repository until it prints a JSON object that has `property`. */
export async function startMain(
  path: string,
  property: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Started> {
  const child = spawn(process.execPath, [join(SERVICES, path), ...args], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const kill = () => end(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Record<string, unknown>;
    if (!(property in said)) continue;
    child.stdout.resume();
    return { ready: said, kill };
  }
  await kill();
  throw new Error(`${path} ended without saying ${property}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** The engine for development as a process of its own; on a given port it takes the place of an earlier one. */
export async function startSandbox(
  port = 0,
  more: readonly string[] = [],
): Promise<Started & { url: string }> {
  const args = ['--port', String(port), '--exit-with-parent', ...more];
  const started = await startMain('sandbox/src/main.ts', 'url', { args });
  return { ...started, url: String(started.ready.url) };
}

/** Trains an adapter on answers of the sandbox itself. @returns the adapter's folder, below `dir`. */
export async function trainSandboxAdapter(url: string, dir: string, seed: number): Promise<string> {
  const question = { role: 'user', content: 'What is the result of 12+7*3+5-4*6?' };
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'base', messages: [question], n: 16, seed, max_tokens: 256 }),
  });
  const { choices } = (await response.json()) as { choices: { message: object }[] };
  const rows = choices.map(({ message }) => JSON.stringify({ messages: [question, message] }));
  const text = `${rows.join('\n')}\n`;
  const folder = join(dir, `training-${seed}`);
  await mkdir(folder, { recursive: true });
  const dataset = join(folder, 'dataset.jsonl');
  await writeFile(dataset, text);
  const job = {
    job: `job-${seed}`,
    base: 'base',
    parent: null,
    dataset: { path: dataset, uri: `file:${dataset}`, sha256: sha256(text) },
    method: { epochs: 2, learningRate: 0.05 },
    seed,
    output: join(folder, 'output'),
  };
  await writeFile(join(folder, 'job.json'), JSON.stringify(job));
  const trainer = spawn(
    process.execPath,
    [join(SERVICES, 'sandbox/src/train.ts'), join(folder, 'job.json')],
    { env: {}, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = (await once(trainer, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the trainer ended with ${code}`);
  return join(job.output, 'adapter');
}
