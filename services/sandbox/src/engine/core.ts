import { seededRandom } from '../policy/random.ts';
import type { Completion, Draw } from './complete.ts';
import { complete } from './complete.ts';
import type { SandboxConfig } from './config.ts';
import { busy } from './errors.ts';
import { Metrics, observe } from './metrics.ts';
import { Models } from './models.ts';
import { PrefixCache } from './prefix-cache.ts';
import { Slots } from './slots.ts';

/** Told of the tokens `from` up to `to` of a choice as they come; `last` with the final ones. */
export type OnTokens = (completion: Completion, from: number, to: number, last: boolean) => void;

/** Shortest pause between two looks at what is due, in milliseconds. */
const TICK = 4;

/** The engine behind the endpoints: admission, capacity, latency and counting. */
export class Core {
  readonly config: SandboxConfig;
  readonly models: Models;
  readonly slots: Slots;
  readonly metrics = new Metrics();
  readonly prefixes = new PrefixCache();
  readonly #random: () => number;

  constructor(config: SandboxConfig) {
    this.config = config;
    this.models = new Models(config.servedModelName);
    this.slots = new Slots(config.slots, config.queue);
    this.#random = config.seed === null ? Math.random : seededRandom(config.seed);
  }

  /** A seed for a request that brings none. */
  drawSeed(): number {
    return Math.floor(this.#random() * 2 ** 32);
  }

  /** Throws ApiError 503 unless `count` sequences fit in the queue together. */
  admit(count: number): void {
    if (this.slots.admits(count)) return;
    this.metrics.rejections++;
    throw busy();
  }

  /** Runs one sequence in a slot. Rejects with the signal's reason when it aborts. */
  async run(
    model: string,
    draw: Draw,
    promptTokens: number,
    signal: AbortSignal,
    onTokens?: OnTokens,
  ): Promise<Completion> {
    const began = performance.now();
    let held = false;
    try {
      await this.slots.acquire(model, signal);
      held = true;
      observe(this.metrics.queueTime, (performance.now() - began) / 1000);
      this.metrics.promptTokens += promptTokens;
      const completion = complete(draw);
      await this.#deliver(completion, draw, began, signal, onTokens);
      this.metrics.finished[completion.finish]++;
      this.metrics.generationTokens += completion.count - completion.tokens.length;
      observe(this.metrics.latency, (performance.now() - began) / 1000);
      return completion;
    } catch (error) {
      // vLLM does not count sequences whose client has left.
      if (!signal.aborted) this.metrics.finished.error++;
      throw error;
    } finally {
      if (held) this.slots.release(model);
    }
  }

  async #deliver(
    completion: Completion,
    draw: Draw,
    began: number,
    signal: AbortSignal,
    onTokens: OnTokens | undefined,
  ): Promise<void> {
    const { latencyMs, tokenMs } = this.config;
    const length = completion.tokens.length;
    if (latencyMs > 0) await pause(latencyMs * jitter(draw), signal);
    observe(this.metrics.timeToFirstToken, (performance.now() - began) / 1000);
    const start = performance.now();
    let sent = 0;
    for (;;) {
      const due = tokenMs > 0 ? 1 + Math.floor((performance.now() - start) / tokenMs) : length;
      const to = Math.min(length, due);
      const last = to === length;
      this.metrics.generationTokens += to - sent;
      if (to > sent || last) onTokens?.(completion, sent, to, last);
      sent = to;
      if (last) return;
      const next = onTokens === undefined ? length : sent + 1;
      const wait = (next - 1) * tokenMs - (performance.now() - start);
      await pause(Math.max(TICK, wait), signal);
    }
  }
}

/** A factor from 0.75 to 1.25 on the latency of a sequence, by its seed and conversation. */
function jitter({ seed, salt }: Draw): number {
  return 0.75 + 0.5 * seededRandom(seed, salt ^ 0x5bd1e995)();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    }, ms);
    signal.addEventListener('abort', leave, { once: true });
  });
}
