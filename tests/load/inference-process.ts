import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Addresses } from '@parley/platform';
import { startScript } from './child.ts';
import type { Memory } from './collect-garbage.ts';

/** The inference service in a process of its own, on the embedded adapters, with a society `bench` on `base`. */
export type InferenceProcess = Addresses & {
  /** Its memory, after garbage was collected. */
  memory(): Promise<Memory>;
  stop(): Promise<void>;
};

/** Starts one. It has looked at the engines when this resolves. */
export async function startInference(engines: readonly string[]): Promise<InferenceProcess> {
  const data = await mkdtemp(join(tmpdir(), 'parley-inference-'));
  const collector = pathToFileURL(join(import.meta.dirname, 'collect-garbage.ts')).href;
  const child = startScript('services/inference/src/main.ts', [], {
    NODE_OPTIONS: `--expose-gc --import=${collector}`,
    PARLEY_ENGINES: engines.join(','),
    PARLEY_STORE: `sqlite:${data}/parley.db`,
    PARLEY_EVENTS: `sqlite:${data}/parley.db`,
    PARLEY_ARTIFACTS: `file:${data}/artifacts`,
    PARLEY_ADAPTER_DIR: `${data}/adapters`,
    PARLEY_HTTP_PORT: '0',
    PARLEY_GRPC_PORT: '0',
    PARLEY_ADMIN_PORT: '0',
  });

  /** The next line that says something of that name. */
  async function lineWith<T>(property: keyof T & string): Promise<T> {
    for (;;) {
      const line = (await child.line()) as T;
      if (property in (line as object)) return line;
    }
  }

  const { http, grpc, admin } = await lineWith<Addresses>('grpc');
  const created = await fetch(`${http}/v1/societies`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', base: 'base', agents: 3 }),
  });
  if (!created.ok) throw new Error(await created.text());
  await created.body?.cancel();
  return {
    http,
    grpc,
    admin,
    async memory() {
      process.kill(child.pid, 'SIGUSR2');
      return lineWith<Memory>('heapBytes');
    },
    async stop() {
      await child.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** CPU seconds that a process has taken, by its admin address. */
export async function cpuSecondsOf(admin: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  const value = /^process_cpu_seconds_total ([\d.e+-]+)/m.exec(text)?.[1];
  if (value === undefined) throw new Error(`${admin} does not say its CPU time`);
  return Number(value);
}
