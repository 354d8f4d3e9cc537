import { setTimeout as delay } from 'node:timers/promises';
import { ParleyError } from '@parley/platform';
import type { Settings } from '../domain/settings.ts';
import type { Pair } from './serve.ts';
import { type Outcome, startThread, type Thread } from './thread.ts';
import { createTurns } from './turns.ts';
import { createVerdicts, keyOf } from './verdicts.ts';

/**
 * Decides pairs of answers by structure and algebra, beside the event loop. Callers take turns: pairs that come with
 * one signal are one caller's, and so are all that come without.
 */
export type SymbolicPool = {
  /**
   * Whether two answers are equal, whichever comes first; undefined: unknown, as it took too long or nobody can tell.
   * @throws ParleyError OVERLOADED when the queue is full, UNAVAILABLE when no thread starts or the pool is closed, or
   *   the signal's reason.
   */
  compare(
    a: string,
    b: string,
    settings: Settings,
    signal?: AbortSignal,
  ): Promise<boolean | undefined>;
  /** Refuses what waits as UNAVAILABLE, lets running pairs end within their deadline, and ends all threads. */
  close(): Promise<void>;
  /** Pairs that wait for a thread. */
  readonly queued: number;
  /** Pairs that are being compared. */
  readonly busy: number;
};

export type SymbolicPoolOptions = {
  /** Threads; they start when they are first needed. */
  workers: number;
  /** For each pair, from when a thread begins with it. A thread that overruns is replaced. */
  deadlineMs: number;
  /** Pairs that may wait. */
  queue: number;
  /** Told of every pair that a thread took, and how long it took. */
  onOutcome?: (outcome: Outcome, ms: number) => void;
  /** What a thread runs; tests have others. */
  entry?: URL;
};

type Job = Pair & {
  key: string;
  resolve: (verdict: boolean | undefined) => void;
  reject: (reason: unknown) => void;
};

/** Verdicts that are remembered, so that a pair that takes its whole deadline does so once. */
const REMEMBERED = 4096;

/** Between attempts to start a thread: doubled from the first after each that failed, up to the last. */
const RESTART_MS = { first: 100, last: 5000 };

/** Makes a pool; nothing starts before its first pair. */
export function createSymbolicPool({
  workers,
  deadlineMs,
  queue,
  onOutcome = () => {},
  entry = new URL('./worker.ts', import.meta.url),
}: SymbolicPoolOptions): SymbolicPool {
  const waiting = createTurns<AbortSignal | undefined, Job>();
  const idle: (() => void)[] = [];
  const lanes: Promise<void>[] = [];
  const verdicts = createVerdicts(REMEMBERED);
  const closing = new AbortController();
  let ready = 0;
  let busy = 0;

  async function compare(
    a: string,
    b: string,
    settings: Settings,
    signal?: AbortSignal,
  ): Promise<boolean | undefined> {
    signal?.throwIfAborted();
    if (closing.signal.aborted) throw closed();
    const [first, second] = a < b ? [a, b] : [b, a];
    const key = keyOf(first, second, settings);
    if (verdicts.has(key)) return verdicts.get(key);
    if (waiting.size >= queue) throw overloaded(queue);
    const { promise, resolve, reject } = Promise.withResolvers<boolean | undefined>();
    const job = { a: first, b: second, settings, key, resolve, reject };
    const abort = () => {
      waiting.remove(signal, job);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    waiting.add(signal, job);
    if (idle.length === 0 && lanes.length < workers) lanes.push(runLane());
    idle.pop()?.();
    return promise.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** One thread after the other, until the pool is closed. */
  async function runLane(): Promise<void> {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        const thread = await startThread(entry);
        failures = 0;
        ready += 1;
        await work(thread);
        ready -= 1;
        await thread.end();
      } catch (cause) {
        if (ready === 0) rejectWaiting(unavailable(cause));
        const ms = Math.min(RESTART_MS.first * 2 ** failures, RESTART_MS.last);
        failures += 1;
        await delay(ms, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  }

  /** Gives pairs to a thread until it is of no more use or the pool is closed. */
  async function work(thread: Thread): Promise<void> {
    for (let job = await next(); job !== undefined; job = await next()) {
      const { a, b, settings, key, resolve } = job;
      if (!verdicts.has(key)) {
        const outcome = await run(thread, { a, b, settings });
        verdicts.set(key, verdictOf(outcome));
        resolve(verdictOf(outcome));
        if (outcome === 'overrun' || outcome === 'crashed') return;
      } else resolve(verdicts.get(key));
    }
  }

  async function run(thread: Thread, pair: Pair): Promise<Outcome> {
    const start = performance.now();
    busy += 1;
    const outcome = await thread.compare(pair, deadlineMs);
    busy -= 1;
    onOutcome(outcome, performance.now() - start);
    return outcome;
  }

  async function next(): Promise<Job | undefined> {
    for (;;) {
      if (closing.signal.aborted) return undefined;
      const job = waiting.take();
      if (job !== undefined) return job;
      await new Promise<void>((resolve) => idle.push(resolve));
    }
  }

  function rejectWaiting(reason: ParleyError): void {
    for (const job of waiting.clear()) job.reject(reason);
  }

  return {
    compare,
    async close() {
      closing.abort();
      rejectWaiting(closed());
      for (const wake of idle.splice(0)) wake();
      await Promise.all(lanes);
    },
    get queued() {
      return waiting.size;
    },
    get busy() {
      return busy;
    },
  };
}

function verdictOf(outcome: Outcome): boolean | undefined {
  return outcome === 'equal' ? true : outcome === 'different' ? false : undefined;
}

function overloaded(queue: number): ParleyError {
  const message = `${queue} pairs wait for symbolic comparison already: repeat the request later, or send fewer at once`;
  return new ParleyError('OVERLOADED', message, { retryAfter: 1 });
}

function closed(): ParleyError {
  return new ParleyError('UNAVAILABLE', 'symbolic comparison has ended: the service stops');
}

function unavailable(cause: unknown): ParleyError {
  return new ParleyError('UNAVAILABLE', 'no thread for symbolic comparison could be started', {
    cause,
    retryAfter: 1,
  });
}
