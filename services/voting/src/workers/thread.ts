import { Worker } from 'node:worker_threads';
import { ParleyError } from '@parley/platform';
import { type Pair, READY } from './serve.ts';

/**
 * How a comparison ended: decided, undecided, cut off at its deadline, or with the end of its thread.
 * After `overrun` and `crashed` the thread is of no more use.
 */
export type Outcome = 'equal' | 'different' | 'unknown' | 'overrun' | 'crashed';

/** A worker thread that compares one pair at a time. */
export type Thread = {
  compare(pair: Pair, deadlineMs: number): Promise<Outcome>;
  /** Resolves when the thread is gone, whatever it was doing. */
  end(): Promise<void>;
};

/**
 * Far above what a pair needs. V8 ends the whole process, not the thread alone, when one allocation asks for more than
 * is left; so a thread whose memory grows is to meet its deadline before this limit.
 */
const RESOURCE_LIMITS = {
  maxOldGenerationSizeMb: 512,
  maxYoungGenerationSizeMb: 32,
};

/**
 * Starts a thread and waits until it can compare.
 * @throws ParleyError UNAVAILABLE with the cause when the thread ends before that.
 */
export async function startThread(entry: URL): Promise<Thread> {
  const worker = new Worker(entry, { resourceLimits: RESOURCE_LIMITS, stdout: true, stderr: true });
  worker.stdout.resume();
  worker.stderr.resume();
  let settle = (_outcome: Outcome): void => {};
  await new Promise<void>((resolve, reject) => {
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      settle('crashed');
      reject(new ParleyError('UNAVAILABLE', `${entry} ended before it was ready`, { cause }));
    });
    worker.on('message', (message: unknown) => {
      if (message === READY) resolve();
      else settle(outcomeOf(message));
    });
  });
  return {
    compare: (pair, deadlineMs) =>
      new Promise((resolve) => {
        // A verdict that waits behind a busy event loop is read before the pair counts as overrun.
        const timer = setTimeout(() => setImmediate(settle, 'overrun'), deadlineMs);
        settle = (outcome) => {
          clearTimeout(timer);
          resolve(outcome);
        };
        worker.postMessage(pair);
      }),
    async end() {
      await worker.terminate();
    },
  };
}

function outcomeOf(verdict: unknown): Outcome {
  if (verdict === undefined) return 'unknown';
  return verdict === true ? 'equal' : 'different';
}
