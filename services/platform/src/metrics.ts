import { collectDefaultMetrics, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A registry for one service; `defaults` adds the process's own metrics (once per process). */
export function createMetrics(options: { defaults: boolean }): Registry {
  const registry = new Registry();
  if (options.defaults) collectDefaultMetrics({ register: registry });
  return registry;
}
