import { describe, expect, it } from 'vitest';
import { readEngineReport } from './engine-report.ts';

/** Lines as vLLM 0.32 gives them under load. */
const LINES = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="base"} 100.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="base"} 7.0
# TYPE vllm:num_requests_waiting_by_reason gauge
vllm:num_requests_waiting_by_reason{engine="0",model_name="base",reason="capacity"} 4.0
vllm:num_requests_waiting_by_reason{engine="0",model_name="base",reason="deferred"} 3.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="base"} 0.3913894324853229
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="base"} 145910.0
vllm:prefix_cache_queries_created{engine="0",model_name="base"} 1.79524990799537e+09
# TYPE vllm:prefix_cache_hits_total counter
vllm:prefix_cache_hits_total{engine="0",model_name="base"} 1.2e+03
# TYPE vllm:cache_config_info gauge
vllm:cache_config_info{block_size="128",enable_prefix_caching="True",engine="0",num_gpu_blocks="512"} 1.0
`;

describe('readEngineReport', () => {
  it('reads what vLLM says', () => {
    expect(readEngineReport(LINES)).toEqual({
      running: 100,
      waiting: 7,
      waitingForRoom: 4,
      kvCacheUsage: 0.3913894324853229,
      cachesPrefixes: true,
      prefixQueriedTokens: 145_910,
      prefixCachedTokens: 1200,
    });
  });

  it('sums over the engines of one server, of whose KV caches the fullest counts', () => {
    const second = LINES.replaceAll('engine="0"', 'engine="1"').replace(
      '0.3913894324853229',
      '0.9',
    );
    expect(readEngineReport(LINES + second)).toMatchObject({
      running: 200,
      waiting: 14,
      waitingForRoom: 8,
      kvCacheUsage: 0.9,
    });
  });

  it('takes all that waits as waiting for room where no reason is given', () => {
    const lines = LINES.split('\n').filter((line) => !line.includes('by_reason'));
    expect(readEngineReport(lines.join('\n'))?.waitingForRoom).toBe(7);
  });

  it('sees that prefixes are not kept', () => {
    const off = LINES.replace('enable_prefix_caching="True"', 'enable_prefix_caching="False"');
    expect(readEngineReport(off)?.cachesPrefixes).toBe(false);
  });

  it.each(['', 'python_info 1.0\n', '<html></html>'])('knows nothing from %j', (text) => {
    expect(readEngineReport(text)).toBeUndefined();
  });
});
