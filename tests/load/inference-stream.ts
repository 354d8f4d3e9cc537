import { startScript } from './child.ts';
import type { StreamLoad, StreamResult } from './inference-load.ts';
import { type InferenceProcess, startInference } from './inference-process.ts';
import { print, row, target } from './print.ts';

/** Of an engine that takes its time: with 8 tokens a call on average, 64 streams are 320 calls a second. */
const TOKEN_MS = 25;
/** Calls until memory is looked at first, and last. */
const MEMORY_FROM = 20_000;
const MEMORY_UNTIL = 200_000;
/** Of a load's calls those that are measured; the others warm up. */
const MEASURED = 0.6;

/**
 * Measures what the inference service adds to streamed calls of an engine, with engine, service and client in a
 * process each, and prints it beside the same calls made without the service.
 */
export async function benchStreams(): Promise<void> {
  print(
    `\ninference alone: streamed calls of 4 to 12 tokens; latencies are what is beyond the engine's time`,
  );
  row('', 'CPU ms/call', 'median ms', 'p99 ms', 'first token ms', 'calls/s');
  await withEngine(TOKEN_MS, async (engine, inference) => {
    print(`an engine that takes ${TOKEN_MS} ms a token`);
    const { through, direct } = await compare({ engine, inference, tokenMs: TOKEN_MS }, 64, 6_000);
    target('added median ms at 64 streams', through.medianMs - direct.medianMs, 1.5);
    target('added p99 ms at 64 streams', through.p99Ms - direct.p99Ms, 10);
  });
  await withEngine(0, async (engine, inference) => {
    print('an engine that takes no time, so that a loop runs at what the cores give');
    for (const [atOnce, calls] of [
      [1, 1_500],
      [8, 6_000],
      [64, 12_000],
    ] as const) {
      const { through, direct } = await compare({ engine, inference, tokenMs: 0 }, atOnce, calls);
      const added = through.medianMs - direct.medianMs;
      print(`  added median: ${added.toFixed(2)} ms`);
      if (atOnce === 64) target('CPU ms of the inference process a call', through.cpuMs, 0.5);
    }
  });
  await withEngine(0, (_engine, inference) => benchMemory(inference));
}

async function benchMemory(inference: InferenceProcess): Promise<void> {
  const load = (calls: number) =>
    run({ inference, tokenMs: 0, atOnce: 64, calls: calls * MEASURED });
  await load(MEMORY_FROM);
  const before = await inference.memory();
  await load(MEMORY_UNTIL - MEMORY_FROM);
  const after = await inference.memory();
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  print(
    `memory after ${MEMORY_FROM} and ${MEMORY_UNTIL} calls, garbage collected: live ${mebibytes(before.heapBytes)} and ${mebibytes(after.heapBytes)} MiB, resident ${mebibytes(before.residentBytes)} and ${mebibytes(after.residentBytes)} MiB`,
  );
  target('growth of live memory in MiB', (after.heapBytes - before.heapBytes) / 2 ** 20, 2);
}

async function compare(
  { engine, inference, tokenMs }: { engine: string; inference: InferenceProcess; tokenMs: number },
  atOnce: number,
  calls: number,
): Promise<{ direct: StreamResult; through: StreamResult }> {
  const load = { tokenMs, atOnce, calls };
  const direct = await show(`  undici, ${atOnce} at once`, { ...load, engine });
  const through = await show(`  Parley, ${atOnce} at once`, { ...load, inference });
  return { direct, through };
}

async function show(name: string, load: StreamLoad): Promise<StreamResult> {
  const result = await run(load);
  row(
    name,
    result.cpuMs.toFixed(2),
    result.medianMs.toFixed(2),
    result.p99Ms.toFixed(2),
    result.firstMedianMs.toFixed(2),
    (load.calls / result.wallSeconds).toFixed(0),
  );
  return result;
}

async function run(load: StreamLoad): Promise<StreamResult> {
  const child = startScript('tests/load/inference-load.ts', [JSON.stringify(load)]);
  return (await child.line()) as StreamResult;
}

async function withEngine(
  tokenMs: number,
  use: (engine: string, inference: InferenceProcess) => Promise<void>,
): Promise<void> {
  const engine = startScript('tests/load/inference-engine.ts', [String(tokenMs)]);
  try {
    const { url } = (await engine.line()) as { url: string };
    const inference = await startInference([url]);
    try {
      await use(url, inference);
    } finally {
      await inference.stop();
    }
  } finally {
    await engine.stop();
  }
}
