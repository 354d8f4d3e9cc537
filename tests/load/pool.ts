/** Runs `task` for 0 … count−1, `width` at once; returns each task's duration in milliseconds. */
export async function timed(
  count: number,
  width: number,
  task: (index: number) => Promise<void>,
): Promise<number[]> {
  const durations = new Array<number>(count);
  let next = 0;
  async function worker(): Promise<void> {
    for (let index = next++; index < count; index = next++) {
      const start = performance.now();
      await task(index);
      durations[index] = performance.now() - start;
    }
  }
  await Promise.all(Array.from({ length: width }, worker));
  return durations;
}

/** The p-th quantile (0 … 1) of values. */
export function quantile(values: number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

/** What one load did: CPU milliseconds per debate of its own process, and the median latency. */
export type LoadResult = {
  debates: number;
  cpuMs: number;
  medianMs: number;
  p99Ms: number;
  wallSeconds: number;
};

/**
 * Measures `count` debates, `width` at once, after two thirds as many that warm up: a service that runs for
 * days runs compiled code.
 */
export async function measured(
  count: number,
  width: number,
  task: (index: number) => Promise<void>,
  cpuSeconds: () => Promise<number>,
): Promise<LoadResult> {
  const warmUp = Math.ceil((count * 2) / 3);
  await timed(warmUp, width, task);
  const cpu = await cpuSeconds();
  const start = performance.now();
  const durations = await timed(count, width, (index) => task(warmUp + index));
  const wallSeconds = (performance.now() - start) / 1000;
  return {
    debates: count,
    cpuMs: ((await cpuSeconds()) - cpu) * (1000 / count),
    medianMs: quantile(durations, 0.5),
    p99Ms: quantile(durations, 0.99),
    wallSeconds,
  };
}
