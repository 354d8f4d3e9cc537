import { Counter, Histogram, type Registry } from '@parley/platform';
import type { Pool } from './domain/assess.ts';
import type { EndedStatus } from './domain/collection.ts';

/** What the service counts. */
export type DatasetMetrics = {
  debateEnded(status: EndedStatus): void;
  eventDropped(reason: string): void;
  rowsWritten(pool: Pool, rows: number): void;
  sealed(seconds: number): void;
};

/** Registers the metrics of collections and datasets. */
export function createDatasetMetrics(registry: Registry): DatasetMetrics {
  const debates = new Counter({
    name: 'parley_collection_debates_total',
    help: 'Debates counted into collections, by how they ended',
    labelNames: ['status'],
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'parley_collection_events_dropped_total',
    help: 'Ended debates of a collection that were not counted into it, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  const rows = new Counter({
    name: 'parley_dataset_rows_total',
    help: 'Rows of sealed datasets by the pool they came from',
    labelNames: ['pool'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'parley_dataset_seal_seconds',
    help: 'Duration of sealing a collection',
    buckets: [0.1, 0.5, 2, 10, 60, 300],
    registers: [registry],
  });
  return {
    debateEnded: (status) => debates.inc({ status }),
    eventDropped: (reason) => dropped.inc({ reason }),
    rowsWritten: (pool, count) => rows.inc({ pool }, count),
    sealed: (duration) => seconds.observe(duration),
  };
}
