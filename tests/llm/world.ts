import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createVllm, type Vllm } from './engine.ts';
import { prepareTinyModel, type TinyModel } from './tiny-model.ts';

/** The tiny model on two vLLM servers. */
export type World = {
  /** A folder for whatever a test needs. */
  dir: string;
  tiny: TinyModel;
  engines: readonly [Vllm, Vllm];
  close(): Promise<void>;
};

/** Where the report and the logs of a run stay, for people. */
export const OUT = resolve(import.meta.dirname, '../../out/llm');

/** Installs and makes what is missing, and starts the engines. */
export async function startWorld(): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-llm-'));
  await mkdir(OUT, { recursive: true });
  const tiny = await timed('environments and model', () => prepareTinyModel(dir));
  const create = (name: string) =>
    createVllm({ python: tiny.vllm, model: join(tiny.models, 'base'), dir: OUT, name });
  const engines = [await create('engine-1'), await create('engine-2')] as const;
  await timed('two engines', () => Promise.all(engines.map((engine) => engine.start())));
  return {
    dir,
    tiny,
    engines,
    async close() {
      await Promise.all(engines.map((engine) => engine.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Says how long something took. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await work();
  say(`${what}: ${((performance.now() - from) / 1000).toFixed(1)} s`);
  return result;
}

export function say(line: string): void {
  process.stdout.write(`llm: ${line}\n`);
}
