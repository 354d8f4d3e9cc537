import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@parley/suite';

/** A vLLM server on this machine. */
export type Vllm = {
  url: string;
  /** Its file of everything that it says. */
  log: string;
  /** Starts it unless it runs; resolves when it is healthy. */
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

const HOST = '127.0.0.1';
const READY_MS = 300_000;
const STOP_MS = 20_000;
/** Adapters in one batch, and on one server: six agents in two iterations of two cycles, and some that go. */
const LORAS = { inBatch: 8, held: 64, rank: 16 };
const KV_CACHE_BYTES = 256 * 1024 * 1024;

/**
 * A vLLM on the CPU that serves a model as `base`, with adapters loaded at run time. It is not started.
 * @param options.python the interpreter of an environment that has vLLM.
 * @param options.model folder of the model.
 * @param options.dir folder for its log.
 */
export async function createVllm(options: {
  python: string;
  model: string;
  dir: string;
  name: string;
}): Promise<Vllm> {
  const { python, model, dir, name } = options;
  const port = await freePort(HOST);
  const url = `http://${HOST}:${port}`;
  const log = join(dir, `${name}.log`);
  let child: ChildProcess | undefined;

  function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
    return exitCode !== null || signalCode !== null;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    if (!running || hasEnded(running)) return;
    const ended = once(running, 'exit');
    // Its workers are processes of the same group.
    process.kill(-(running.pid as number), signal);
    const cut = setTimeout(() => process.kill(-(running.pid as number), 'SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(cut);
  }

  return {
    url,
    log,
    async start() {
      if (child && !hasEnded(child)) return;
      const flags = [
        ['--served-model-name', 'base'],
        ['--host', HOST],
        ['--port', port],
        ['--dtype', 'float32'],
        ['--max-model-len', 1024],
        ['--kv-cache-memory-bytes', KV_CACHE_BYTES],
        ['--max-loras', LORAS.inBatch],
        ['--max-cpu-loras', LORAS.held],
        ['--max-lora-rank', LORAS.rank],
        ['--enable-lora'],
        ['--enforce-eager'],
        // On a CPU, vLLM 0.32 dies of a request with a seed whose prompt it takes in pieces.
        ['--no-enable-chunked-prefill'],
        ['--max-num-batched-tokens', 4096],
        // Nor does it compute log-probabilities of several prompts at once where the output layer may be adapted.
        ['--lora-target-modules', 'qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'],
      ];
      const started = spawn(
        python,
        ['-m', 'vllm.entrypoints.openai.api_server', '--model', model, ...flags.flat().map(String)],
        {
          detached: true,
          stdio: ['ignore', 'pipe', 'pipe'],
          env: {
            // biome-ignore lint/style/noProcessEnv: the server needs the caller's PATH and HOME
            ...process.env,
            VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True',
            HF_HUB_OFFLINE: '1',
            VLLM_NO_USAGE_STATS: '1',
            OMP_NUM_THREADS: '1',
          },
        },
      );
      child = started;
      const file = createWriteStream(log, { flags: 'a' });
      started.stdout?.pipe(file, { end: false });
      started.stderr?.pipe(file, { end: false });
      const deadline = performance.now() + READY_MS;
      while (!(await isHealthy(url))) {
        if (hasEnded(started)) throw new Error(`${name} ended before it was ready; see ${log}`);
        if (performance.now() > deadline)
          throw new Error(`${name} was not ready in time; see ${log}`);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

async function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** The value of a metric of a server, summed over its labels; 0 where there is none. */
export async function metricOf(url: string, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
