import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Artifacts, canonicalJson, fetchFolder, ParleyError } from '@parley/platform';
import { nothingLearned, parseTrainingResult, type TrainingJob } from '../domain/training.ts';
import type { TrainerLauncher, TrainingOutcome } from './trainer-launcher.ts';
import { type Exit, runTrainer, type TrainerProcess } from './trainer-process.ts';

export type LocalTrainerOptions = {
  /** The trainer's command and first arguments. */
  command: readonly string[];
  /** Where jobs have their folders. */
  dir: string;
  artifacts: Artifacts;
  /** Milliseconds between SIGTERM and SIGKILL. */
  graceMs?: number;
};

/** A job of this process; without `process` it had succeeded before. */
type Started = { job: TrainingJob; process?: TrainerProcess };

/**
 * Runs training jobs as processes of this machine. A job's folder holds job.json, its dataset, its parent
 * adapter and `output`, where the trainer writes `adapter/` and, last of all, `result.json`. A job that was cut
 * off finds there what it had written, and can go on from it.
 */
export function createLocalTrainer(options: LocalTrainerOptions): TrainerLauncher {
  const { command, artifacts, graceMs = 5_000 } = options;
  const root = resolve(options.dir);
  const started = new Map<string, Promise<Started>>();

  function pathsOf(name: string) {
    const folder = join(root, name);
    const output = join(folder, 'output');
    return {
      folder,
      output,
      job: join(folder, 'job.json'),
      dataset: join(folder, 'dataset.jsonl'),
      parent: join(folder, 'parent'),
      adapter: join(output, 'adapter'),
      result: join(output, 'result.json'),
    };
  }

  function describe(job: TrainingJob): string {
    const paths = pathsOf(job.name);
    return canonicalJson({
      job: job.name,
      base: job.base,
      parent: job.parent && { path: paths.parent, sha256: job.parent.sha256 },
      dataset: { path: paths.dataset, ...job.dataset },
      method: job.method,
      seed: job.seed,
      output: paths.output,
    });
  }

  async function launch(job: TrainingJob, signal: AbortSignal | undefined): Promise<Started> {
    const paths = pathsOf(job.name);
    const description = describe(job);
    if ((await textOf(paths.job)) === description) {
      if ((await textOf(paths.result)) === undefined)
        return { job, process: runTrainer(command, paths.job) };
      const outcome = await outcomeOf(job, undefined);
      if (outcome.status === 'succeeded') return { job };
    }
    await rm(paths.folder, { recursive: true, force: true });
    await mkdir(paths.output, { recursive: true });
    await pipeline(artifacts.stream(job.dataset), createWriteStream(paths.dataset), {
      ...(signal === undefined ? {} : { signal }),
    });
    if (job.parent) await fetchFolder(artifacts, job.parent, paths.parent);
    const temporary = `${paths.job}.part`;
    await writeFile(temporary, description);
    await rename(temporary, paths.job);
    signal?.throwIfAborted();
    return { job, process: runTrainer(command, paths.job) };
  }

  /** What the job's folder says; `exit` is how its process ended, if one ran here. */
  async function outcomeOf(job: TrainingJob, exit: Exit | undefined): Promise<TrainingOutcome> {
    const paths = pathsOf(job.name);
    const failure = (message: string): TrainingOutcome => ({ status: 'failed', message, log: [] });
    if (exit?.error !== undefined)
      return failure(`'${command.join(' ')}' cannot be started: ${exit.error}`);
    if (exit && exit.code !== 0) return failure(endOf(exit));
    const text = await textOf(paths.result);
    if (text === undefined) return failure('ended with exit code 0 but wrote no result.json');
    try {
      const result = parseTrainingResult(text);
      const wrong = nothingLearned(result, job.parent);
      if (wrong !== undefined) return failure(`nothing was learned: ${wrong}`);
      return { status: 'succeeded', result, adapterDir: paths.adapter };
    } catch (thrown) {
      return failure(ParleyError.from(thrown).message);
    }
  }

  async function stop(name: string): Promise<void> {
    const starting = started.get(name);
    started.delete(name);
    const running = await starting?.catch(() => undefined);
    await running?.process?.stop(graceMs);
  }

  return {
    async start(job, signal) {
      let starting = started.get(job.name);
      if (!starting) {
        const launched = launch(job, signal);
        starting = launched;
        started.set(job.name, launched);
        launched.catch(() => {
          if (started.get(job.name) === launched) started.delete(job.name);
        });
      }
      await starting;
    },

    async watch(name, { signal, onProgress }) {
      const running = await started.get(name);
      if (!running) throw new ParleyError('NOT_FOUND', `training job ${name} was not started here`);
      const { job, process } = running;
      if (!process) return outcomeOf(job, undefined);
      const silence = process.onProgress(onProgress);
      try {
        const exit = await orAborted(process.exited, signal);
        const outcome = await outcomeOf(job, exit);
        return outcome.status === 'failed' ? { ...outcome, log: process.log() } : outcome;
      } finally {
        silence();
      }
    },

    stop,

    async remove(name) {
      await stop(name);
      await rm(pathsOf(name).folder, { recursive: true, force: true });
    },

    async close() {
      await Promise.all([...started.keys()].map(stop));
    },
  };
}

function endOf({ code, signal, said }: Exit): string {
  const why = said === undefined ? '' : `: ${said}`;
  if (code !== null) return `ended with exit code ${code}${why}`;
  const hint = signal === 'SIGKILL' ? ', which a system out of memory sends' : '';
  return `ended by ${signal}${hint}`;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** @throws what the signal holds when it aborts first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
