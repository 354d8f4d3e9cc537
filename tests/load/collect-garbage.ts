/** What a process holds, in bytes: resident, and of live objects. */
export type Memory = { residentBytes: number; heapBytes: number };

/** Loaded into a process by `--import` with `--expose-gc`: at SIGUSR2 it collects garbage and prints a Memory. */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const memory: Memory = { residentBytes: rss, heapBytes: heapUsed };
  process.stdout.write(`${JSON.stringify(memory)}\n`);
});
