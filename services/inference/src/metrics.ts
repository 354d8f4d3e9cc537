import { Counter, Gauge, Histogram, type Registry } from '@parley/platform';
import type { AdapterLoader } from './adapters/adapter-loader.ts';
import type { EnginePool } from './adapters/engine-pool.ts';
import type { Dispatcher } from './dispatcher.ts';
import { PRIORITIES, type Priority } from './domain/lane.ts';

/** What is counted of every generation. */
export type GenerationMetrics = {
  completed(
    priority: Priority,
    completions: readonly { promptTokens: number; completionTokens: number; latencyMs: number }[],
  ): void;
  failed(priority: Priority, calls: number, outcome: 'failed' | 'cancelled'): void;
  retried(): void;
};

const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Registers the counters of generations. */
export function createGenerationMetrics(registry: Registry): GenerationMetrics {
  const registers = [registry];
  const generations = new Counter({
    name: 'parley_generations_total',
    help: 'Calls that ended, by outcome and priority',
    labelNames: ['outcome', 'priority'],
    registers,
  });
  const seconds = new Histogram({
    name: 'parley_generation_seconds',
    help: 'Duration of a completion on its engine',
    buckets: SECONDS,
    registers,
  });
  const tokens = new Counter({
    name: 'parley_tokens_total',
    help: 'Tokens of completed calls, by kind',
    labelNames: ['kind'],
    registers,
  });
  const retries = new Counter({
    name: 'parley_engine_retries_total',
    help: 'Upstream calls that were made again',
    registers,
  });
  const byPriority = (outcome: string) => ({
    interactive: generations.labels({ outcome, priority: 'interactive' }),
    batch: generations.labels({ outcome, priority: 'batch' }),
  });
  const outcomes = {
    completed: byPriority('completed'),
    failed: byPriority('failed'),
    cancelled: byPriority('cancelled'),
  };
  const kinds = {
    prompt: tokens.labels({ kind: 'prompt' }),
    completion: tokens.labels({ kind: 'completion' }),
  };
  return {
    completed(priority, completions) {
      let prompt = 0;
      let completion = 0;
      for (const { promptTokens, completionTokens, latencyMs } of completions) {
        prompt += promptTokens;
        completion += completionTokens;
        seconds.observe(latencyMs / 1000);
      }
      outcomes.completed[priority].inc(completions.length);
      kinds.prompt.inc(prompt);
      kinds.completion.inc(completion);
    },
    failed: (priority, calls, outcome) => outcomes[outcome][priority].inc(calls),
    retried: () => retries.inc(),
  };
}

/** Registers the gauges of engines and of the queue; they are read when they are scraped. */
export function registerEngineGauges(
  registry: Registry,
  { pool, dispatcher, loader }: { pool: EnginePool; dispatcher: Dispatcher; loader: AdapterLoader },
): void {
  const registers = [registry];
  const perEngine = (name: string, help: string, value: (index: number) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['engine'],
      registers,
      collect() {
        for (const [index, { url }] of pool.engines.entries())
          this.set({ engine: url }, value(index));
      },
    });
  const engine = (index: number) => pool.engines[index];
  perEngine('parley_engine_in_flight', 'Sequences in flight on an engine from here', (index) =>
    Number(engine(index)?.inFlight),
  );
  perEngine('parley_engine_up', 'Whether an engine answers', (index) => Number(engine(index)?.up));
  perEngine(
    'parley_adapters_missing',
    'Adapters that an engine should serve and does not',
    (index) => {
      const one = engine(index);
      return one === undefined ? 0 : loader.missing(one);
    },
  );
  new Gauge({
    name: 'parley_engine_queue_depth',
    help: 'Sequences that wait for an engine, by priority',
    labelNames: ['priority'],
    registers,
    collect() {
      for (const priority of PRIORITIES) this.set({ priority }, dispatcher.queued(priority));
    },
  });
}
