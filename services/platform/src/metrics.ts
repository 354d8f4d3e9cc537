import { collectDefaultMetrics, type Gauge, Registry } from 'prom-client';
import { inTime } from './work/in-time.ts';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A registry for one service; `defaults` adds the process's own metrics (once per process). */
export function createMetrics(options: { defaults: boolean }): Registry {
  const registry = new Registry();
  if (options.defaults) collectDefaultMetrics({ register: registry });
  return registry;
}

const SAMPLE_MS = 2_000;

/** Asks for a gauge's value when it is read; what cannot be had soon is left out, so that the rest can be read. */
export async function sample(gauge: Gauge, set: () => Promise<void>): Promise<void> {
  gauge.reset();
  await inTime(SAMPLE_MS, set()).catch(() => {});
}
