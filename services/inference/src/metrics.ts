import { Counter, Gauge, Histogram, type Registry } from '@parley/platform';
import type { AdapterLoader } from './adapters/adapter-loader.ts';
import type { Engine, EnginePool } from './adapters/engine-pool.ts';
import type { Dispatcher } from './dispatcher.ts';
import { PRIORITIES, type Priority } from './domain/lane.ts';
import { ROUTE_REASONS, type RouteReason } from './domain/route.ts';

/** What is counted of every generation. */
export type GenerationMetrics = {
  completed(
    priority: Priority,
    completions: readonly { promptTokens: number; completionTokens: number; latencyMs: number }[],
  ): void;
  failed(priority: Priority, calls: number, outcome: 'failed' | 'cancelled'): void;
  retried(): void;
  routed(reason: RouteReason): void;
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
  const routes = new Counter({
    name: 'parley_engine_routes_total',
    help: 'Upstream calls by why their engine was chosen',
    labelNames: ['reason'],
    registers,
  });
  const routed = Object.fromEntries(
    ROUTE_REASONS.map((reason) => [reason, routes.labels({ reason })]),
  ) as Record<RouteReason, Counter.Internal>;
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
    routed: (reason) => routed[reason].inc(),
  };
}

/** Registers the gauges of engines and of the queue; they are read when they are scraped. */
export function registerEngineGauges(
  registry: Registry,
  { pool, dispatcher, loader }: { pool: EnginePool; dispatcher: Dispatcher; loader: AdapterLoader },
): void {
  const registers = [registry];
  type Value = (engine: Engine) => number | undefined;
  const gauge = (name: string, help: string, value: Value) =>
    new Gauge({
      name,
      help,
      labelNames: ['engine'],
      registers,
      collect() {
        this.reset();
        for (const engine of pool.engines) {
          const now = value(engine);
          if (now !== undefined) this.set({ engine: engine.url }, now);
        }
      },
    });
  const counter = (name: string, help: string, value: Value) =>
    new Counter({
      name,
      help,
      labelNames: ['engine'],
      registers,
      collect() {
        this.reset();
        for (const engine of pool.engines) this.inc({ engine: engine.url }, value(engine) ?? 0);
      },
    });
  gauge('parley_engine_up', 'Whether an engine answers', ({ up }) => Number(up));
  gauge(
    'parley_engine_breaker_open',
    'Whether calls are kept from an engine after failures',
    ({ breaker }) => Number(breaker.state !== 'closed'),
  );
  gauge(
    'parley_engine_in_flight',
    'Sequences in flight on an engine from here',
    ({ inFlight }) => inFlight,
  );
  gauge(
    'parley_engine_in_flight_target',
    'Sequences in flight from here that fill the batch of an engine',
    ({ target }) => target,
  );
  gauge('parley_engine_running', 'Sequences in its batch', ({ report }) => report?.running);
  gauge('parley_engine_waiting', 'Sequences that wait there', ({ report }) => report?.waiting);
  gauge(
    'parley_engine_kv_cache_usage_ratio',
    'Share of its KV cache that running sequences hold',
    ({ report }) => report?.kvCacheUsage,
  );
  counter(
    'parley_engine_prefix_queried_tokens_total',
    'Tokens of prompts that an engine looked up among the prefixes it keeps',
    ({ report }) => report?.prefixQueriedTokens,
  );
  counter(
    'parley_engine_prefix_cached_tokens_total',
    'Those of them that it found and did not compute again',
    ({ report }) => report?.prefixCachedTokens,
  );
  gauge('parley_adapters_missing', 'Adapters that an engine should serve and does not', (engine) =>
    loader.missing(engine),
  );
  new Gauge({
    name: 'parley_engine_name_resolved',
    help: 'Whether a name of engines was resolved the last time',
    labelNames: ['name'],
    registers,
    collect() {
      for (const { source, error } of pool.names) this.set({ name: source }, Number(error === ''));
    },
  });
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
