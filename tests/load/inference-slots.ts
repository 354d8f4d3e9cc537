import { startScript } from './child.ts';
import type { MixedLoad, MixedResult } from './inference-mixed.ts';
import { startInference } from './inference-process.ts';
import { floor, print, row, target } from './print.ts';

const SLOTS = 16;
/** A call asks for 4 to 12 tokens: 200 ms on average, 80 calls a second on all slots. */
const TOKEN_MS = 25;
const BACKLOG = 64;
const SECONDS = 30;
/** Interactive calls a second: a quarter and half of what the engine can do. */
const RATES = [20, 40];

/**
 * Measures how the inference service shares an engine that runs 16 sequences at once between interactive calls and a
 * backlog of batch calls that never ends, and prints it beside the same interactive calls without the backlog.
 */
export async function benchSlots(): Promise<void> {
  print(`\nan engine of ${SLOTS} slots, ${TOKEN_MS} ms a token, 4 to 12 tokens a call`);
  row('', 'median ms', 'p99 ms', 'batch calls/s', 'slots in use', 'all in use');
  for (const perSecond of RATES) {
    const alone = await show(perSecond, 0);
    const beside = await show(perSecond, BACKLOG);
    const name = `with ${perSecond} interactive calls/s`;
    floor(`${name}: percent of slots in use while work waits`, 100 * beside.occupancy.mean, 95);
    target(`${name}: p99 beside the backlog / without it`, beside.p99Ms / alone.p99Ms, 2);
  }
}

/** Every measurement has an engine and a service of its own, so that none finds what another left. */
async function show(perSecond: number, backlog: number): Promise<MixedResult> {
  const result = await measure(perSecond, backlog);
  row(
    `  ${perSecond}/s, ${backlog === 0 ? 'nothing else' : `${backlog} of batch`}`,
    result.medianMs.toFixed(0),
    result.p99Ms.toFixed(0),
    result.batchPerSecond.toFixed(0),
    `${(100 * result.occupancy.mean).toFixed(1)} %`,
    `${(100 * result.occupancy.full).toFixed(1)} %`,
  );
  return result;
}

async function measure(perSecond: number, backlog: number): Promise<MixedResult> {
  const args = [String(TOKEN_MS), String(SLOTS)];
  const engine = startScript('tests/load/inference-engine.ts', args);
  try {
    const { url } = (await engine.line()) as { url: string };
    const inference = await startInference([url]);
    try {
      const { grpc } = inference;
      const load: MixedLoad = { grpc, engine: url, perSecond, backlog, seconds: SECONDS };
      const child = startScript('tests/load/inference-mixed.ts', [JSON.stringify(load)]);
      return (await child.line()) as MixedResult;
    } finally {
      await inference.stop();
    }
  } finally {
    await engine.stop();
  }
}
