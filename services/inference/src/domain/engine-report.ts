/** What an engine says of itself in `GET /metrics`. */
export type EngineReport = {
  /** Sequences in its batch. */
  running: number;
  /** Sequences that wait for any reason. */
  waiting: number;
  /** Those of them that wait for room in the batch, not for a place for their adapter. */
  waitingForRoom: number;
  /** Share of the KV cache that running sequences hold, from 0 to 1. */
  kvCacheUsage: number;
  /** Whether it keeps the prefixes of prompts. */
  cachesPrefixes: boolean;
  /** Tokens of prompts that were looked up among kept prefixes since it started, and those that were found. */
  prefixQueriedTokens: number;
  prefixCachedTokens: number;
};

/**
 * Reads the metrics of vLLM 0.32 out of Prometheus's text format. Where an engine consists of several (data
 * parallelism), counts are summed, and the fullest KV cache counts.
 * @returns undefined when the text does not say what runs: it is not vLLM's.
 */
export function readEngineReport(text: string): EngineReport | undefined {
  const running = values(text, 'vllm:num_requests_running');
  if (running.length === 0) return undefined;
  const waiting = sum(values(text, 'vllm:num_requests_waiting'));
  const forRoom = values(text, 'vllm:num_requests_waiting_by_reason', 'reason="capacity"');
  const isOff = values(text, 'vllm:cache_config_info', 'enable_prefix_caching="False"').length > 0;
  return {
    running: sum(running),
    waiting,
    waitingForRoom: forRoom.length === 0 ? waiting : sum(forRoom),
    kvCacheUsage: Math.max(0, ...values(text, 'vllm:kv_cache_usage_perc')),
    cachesPrefixes: !isOff,
    prefixQueriedTokens: sum(values(text, 'vllm:prefix_cache_queries_total')),
    prefixCachedTokens: sum(values(text, 'vllm:prefix_cache_hits_total')),
  };
}

/** The finite values of a metric, one for each set of labels in which the given text occurs. */
function values(text: string, name: string, label = ''): number[] {
  const found: number[] = [];
  const start = `\n${name}{`;
  for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
    const end = text.indexOf('\n', at + 1);
    const line = text.slice(at, end < 0 ? undefined : end);
    const value = Number(line.slice(line.lastIndexOf('} ') + 2));
    if (line.includes(label) && Number.isFinite(value)) found.push(value);
  }
  return found;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
