/** Buckets of latency histograms, in seconds. */
const TTFT_BUCKETS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
  160, 640, 2560,
];
const E2E_BUCKETS = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];

/** How a sequence ended. */
export type FinishReason = 'stop' | 'length' | 'abort' | 'error' | 'repetition';

/** What the gauges show now. */
export interface Gauges {
  readonly running: number;
  readonly waiting: number;
  /** 0 to 1. */
  readonly cacheUsage: number;
  readonly runningAdapters: readonly string[];
  readonly waitingAdapters: readonly string[];
}

interface Histogram {
  readonly buckets: readonly number[];
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Counters of an engine, presented under vLLM's names and labels. */
export class Metrics {
  promptTokens = 0;
  generationTokens = 0;
  cacheQueries = 0;
  cacheHits = 0;
  rejections = 0;
  readonly finished: Record<FinishReason, number> = {
    stop: 0,
    length: 0,
    abort: 0,
    error: 0,
    repetition: 0,
  };
  readonly timeToFirstToken = histogram(TTFT_BUCKETS);
  readonly latency = histogram(E2E_BUCKETS);
  readonly queueTime = histogram(E2E_BUCKETS);

  /** The text of GET /metrics. */
  render(model: string, now: number, gauges: Gauges): string {
    const on = `engine="0",model_name="${model}"`;
    const lines: string[] = [];
    const family = (name: string, type: string, help: string, samples: Samples): void => {
      lines.push(`# HELP vllm:${name} ${help}`, `# TYPE vllm:${name} ${type}`);
      for (const [labels, value] of samples)
        lines.push(`vllm:${name}{${labels}} ${decimal(value)}`);
    };
    const gauge = (name: string, help: string, value: number): void =>
      family(name, 'gauge', help, [[on, value]]);
    const counter = (name: string, help: string, value: number): void =>
      family(name, 'counter', help, [[on, value]]);
    gauge('num_requests_running', 'Number of requests in model execution batches.', gauges.running);
    gauge('num_requests_waiting', 'Number of requests waiting to be processed.', gauges.waiting);
    family('num_requests_waiting_by_reason', 'gauge', 'Number of waiting requests by reason.', [
      [`${on},reason="capacity"`, gauges.waiting],
      [`${on},reason="deferred"`, 0],
    ]);
    gauge('kv_cache_usage_perc', 'KV-cache usage. 1 means 100 percent usage.', gauges.cacheUsage);
    const queried = 'in terms of number of queried tokens.';
    counter('prefix_cache_queries_total', `Prefix cache queries, ${queried}`, this.cacheQueries);
    const hit = 'in terms of number of cached tokens.';
    counter('prefix_cache_hits_total', `Prefix cache hits, ${hit}`, this.cacheHits);
    counter('num_preemptions_total', 'Cumulative number of preemption from the engine.', 0);
    counter('prompt_tokens_total', 'Number of prefill tokens processed.', this.promptTokens);
    const generated = 'Number of generation tokens processed.';
    counter('generation_tokens_total', generated, this.generationTokens);
    const finished: Samples = Object.entries(this.finished).map(([reason, count]) => [
      `engine="0",finished_reason="${reason}",model_name="${model}"`,
      count,
    ]);
    const successes = 'Count of successfully processed requests.';
    family('request_success_total', 'counter', successes, finished);
    const rejected = 'Number of admission attempts rejected by a queue limit, by reason.';
    family('admission_rejections_total', 'counter', rejected, [
      [`model_name="${model}",reason="max_num_queued_reqs"`, this.rejections],
      [`model_name="${model}",reason="max_num_queued_tokens"`, 0],
    ]);
    const histograms: readonly [string, string, Histogram][] = [
      ['time_to_first_token_seconds', 'time to first token', this.timeToFirstToken],
      ['e2e_request_latency_seconds', 'e2e request latency', this.latency],
      ['request_queue_time_seconds', 'time spent in WAITING phase for request', this.queueTime],
    ];
    for (const [name, help, { buckets, counts, sum, count }] of histograms) {
      lines.push(`# HELP vllm:${name} Histogram of ${help} in seconds.`);
      lines.push(`# TYPE vllm:${name} histogram`);
      for (const [i, le] of [...buckets, Number.POSITIVE_INFINITY].entries()) {
        const labels = `engine="0",le="${decimal(le)}",model_name="${model}"`;
        const below = counts.slice(0, i + 1).reduce((total, n) => total + n, 0);
        lines.push(`vllm:${name}_bucket{${labels}} ${decimal(below)}`);
      }
      lines.push(`vllm:${name}_count{${on}} ${decimal(count)}`);
      lines.push(`vllm:${name}_sum{${on}} ${decimal(sum)}`);
    }
    const adapters = `running_lora_adapters="${gauges.runningAdapters.join(',')}",waiting_lora_adapters="${gauges.waitingAdapters.join(',')}"`;
    const loras = 'Running stats on lora requests.';
    family('lora_requests_info', 'gauge', loras, [[`max_lora="64",${adapters}`, now / 1000]]);
    return `${lines.join('\n')}\n`;
  }
}

type Samples = readonly (readonly [labels: string, value: number])[];

function histogram(buckets: readonly number[]): Histogram {
  return { buckets, counts: new Array<number>(buckets.length + 1).fill(0), sum: 0, count: 0 };
}

/** Adds a value to a histogram. */
export function observe(into: Histogram, value: number): void {
  let i = 0;
  while (i < into.buckets.length && value > (into.buckets[i] as number)) i++;
  into.counts[i] = (into.counts[i] ?? 0) + 1;
  into.sum += value;
  into.count++;
}

function decimal(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
