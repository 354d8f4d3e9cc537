import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { DemoModel } from '@parley/suite';

const HERE = import.meta.dirname;

/** Everything that debates, serves and trains the tiny language model, installed or made. */
export type TinyModel = {
  /** A Python that has vLLM. */
  vllm: string;
  /** Folder with the model as `base`. */
  models: string;
};

/**
 * Installs vLLM and the trainer and pretrains the model, each unless the cache has it.
 * @param dir folder for the links that name the model as services and engines call it.
 */
export async function prepareTinyModel(dir: string): Promise<TinyModel> {
  const vllm = await printed('bash', [
    resolve(HERE, '../../deploy/local/python-environment.sh'),
    'vllm',
    resolve(HERE, 'vllm/requirements.txt'),
  ]);
  const trainer = await printed('bash', [resolve(HERE, '../../services/trainer/environment.sh')]);
  const model = await printed('bash', [resolve(HERE, 'model/build.sh'), trainer]);
  const models = join(dir, 'models');
  await mkdir(models, { recursive: true });
  await rm(join(models, 'base'), { force: true });
  await symlink(model, join(models, 'base'));
  return { vllm, models };
}

/** Runs a command, whose progress goes to standard error, and gives its last printed line. */
async function printed(command: string, args: string[]): Promise<string> {
  const running = promisify(execFile)(command, args, { maxBuffer: 2 ** 26 });
  running.child.stderr?.pipe(process.stderr, { end: false });
  const { stdout } = await running;
  return stdout.trim().split('\n').at(-1) ?? '';
}

/** What suits a model of a million parameters that sees its rows twice. */
export const TRAINING = {
  rank: 16,
  alpha: 32,
  learningRate: 5e-4,
  epochs: 2,
  batchSize: 16,
  maxLength: 512,
};

/** The command of the trainer for the model. */
export function trainerCommand({ models }: TinyModel): string[] {
  const run = resolve(HERE, '../../services/trainer/run.sh');
  return ['env', `PARLEY_MODELS=${models}`, 'bash', run, '--exit-with-parent'];
}

/** The tiny model for a demo: its prompts, its problems, its trainer. */
export async function openTinyModel(
  tiny: TinyModel,
  engines: readonly string[],
): Promise<DemoModel> {
  const prompts = JSON.parse(await readFile(join(HERE, 'model/prompts.json'), 'utf8'));
  return {
    description: `a Llama of a million parameters, made by tests/llm/model, on ${engines.length} vLLM servers on the CPU`,
    note: 'A real language model, but a tiny one: its errors were taught to it, and one seed is one draw. What is shown is that real engines and a real trainer run the whole cycle, and what it came to here.',
    base: 'base',
    protocol: { prompts, sampling: { temperature: 1, topP: 1, maxTokens: 80 } },
    arithmetic: { form: 'b*c-d' },
    method: TRAINING,
    environment: {
      PARLEY_ENGINES: engines.join(','),
      PARLEY_MODELS: tiny.models,
      PARLEY_TRAINER: JSON.stringify(trainerCommand(tiny)),
    },
    async close() {},
  };
}
