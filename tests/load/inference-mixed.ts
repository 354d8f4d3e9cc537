import { setTimeout as delay } from 'node:timers/promises';
import { createGrpcClient, seededRandom } from '@parley/platform';
import { InferenceService } from '@parley/proto/inference';
import type { Occupancy } from './inference-engine.ts';
import { quantile } from './pool.ts';

/** Interactive calls that come at random, as a Poisson process, beside a backlog of batch calls. */
export type MixedLoad = {
  /** The gRPC address of an inference process, and its engine. */
  grpc: string;
  engine: string;
  /** Interactive calls a second. */
  perSecond: number;
  /** Batch calls that are under way or wait at every moment. */
  backlog: number;
  seconds: number;
};

/** Latencies of the interactive calls, batch calls that ended, and how full the engine was. */
export type MixedResult = {
  interactive: number;
  medianMs: number;
  p99Ms: number;
  batchPerSecond: number;
  occupancy: Occupancy;
};

const RAMP_MS = 3_000;
const FEWEST_TOKENS = 4;
const MOST_TOKENS = 12;

/** Usage: inference-mixed.ts <MixedLoad as JSON>; prints a MixedResult. */
const { grpc, engine, perSecond, backlog, seconds } = JSON.parse(
  process.argv[2] ?? '{}',
) as MixedLoad;
const client = createGrpcClient(InferenceService, { address: grpc, defaultDeadlineMs: 60_000 });
const random = seededRandom(1);
let calls = 0;
let batchEnded = 0;

async function call(priority: 'interactive' | 'batch'): Promise<number> {
  calls += 1;
  const maxTokens = FEWEST_TOKENS + Math.floor(random() * (MOST_TOKENS - FEWEST_TOKENS + 1));
  const answers = client.generate({
    society: 'bench',
    priority,
    calls: [
      {
        id: 'call',
        seat: 'base',
        messages: [{ role: 'user', content: `What is the result of 3+4*5+6-7*${calls}?` }],
        sampling: { temperature: 1, topP: 0.9, maxTokens },
        seed: BigInt(calls),
        deltas: priority === 'interactive',
      },
    ],
  });
  const start = performance.now();
  for await (const { result } of answers)
    if (result.case === 'failure') throw new Error(result.value.message);
  return performance.now() - start;
}

async function keepBacklog(): Promise<void> {
  for (;;) {
    await call('batch');
    batchEnded += 1;
  }
}

/** Starts interactive calls until then; resolves with their latencies when all have ended. */
async function arrive(until: number): Promise<number[]> {
  const started: Promise<number>[] = [];
  for (let at = performance.now(); at < until; at += (-1000 * Math.log(1 - random())) / perSecond) {
    await delay(Math.max(0, at - performance.now()));
    started.push(call('interactive'));
  }
  return Promise.all(started);
}

async function occupancy(): Promise<Occupancy> {
  return (await (await fetch(`${engine}/occupancy`)).json()) as Occupancy;
}

async function measure(): Promise<MixedResult> {
  await arrive(performance.now() + RAMP_MS);
  await occupancy();
  const endedBefore = batchEnded;
  const latencies = await arrive(performance.now() + seconds * 1000);
  return {
    interactive: latencies.length,
    medianMs: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    batchPerSecond: (batchEnded - endedBefore) / seconds,
    occupancy: await occupancy(),
  };
}

const backlogs = Array.from({ length: backlog }, keepBacklog);
const result = await Promise.race([measure(), ...backlogs]);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
