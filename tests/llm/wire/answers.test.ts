import { describe, expect, it } from 'vitest';
import { metricValue, parseMetrics } from './answers.ts';
import { normalised } from './recorded.ts';

const METRICS = `# HELP python_info Platform.
# TYPE python_info gauge
python_info{version="3.11"} 1.0
# HELP vllm:num_requests_running Running.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="base"} 2.0
vllm:num_requests_running{engine="1",model_name="base"} 3.0
# HELP vllm:request_success_total Ended.
# TYPE vllm:request_success_total counter
vllm:request_success_total{engine="0",finished_reason="stop",model_name="base"} 4.0
vllm:request_success_total{engine="0",finished_reason="abort",model_name="base"} 1.0
# TYPE vllm:request_success_created gauge
vllm:request_success_created{engine="0",finished_reason="stop",model_name="base"} 1.7e+09
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{engine="0",le="0.3",model_name="base"} 1.0
vllm:e2e_request_latency_seconds_sum{engine="0",model_name="base"} 0.5
# TYPE vllm:lora_requests_info gauge
`;

describe('metrics', () => {
  it('are read by family', () => {
    expect(parseMetrics(METRICS)).toEqual({
      'vllm:num_requests_running': { type: 'gauge', labels: ['engine', 'model_name'] },
      'vllm:request_success_total': {
        type: 'counter',
        labels: ['engine', 'finished_reason', 'model_name'],
      },
      'vllm:request_success_created': {
        type: 'gauge',
        labels: ['engine', 'finished_reason', 'model_name'],
      },
      'vllm:e2e_request_latency_seconds': {
        type: 'histogram',
        labels: ['engine', 'le', 'model_name'],
      },
      'vllm:lora_requests_info': { type: 'gauge', labels: [] },
    });
  });

  it('are added up over the labels that are not asked for', () => {
    const value = (name: string, labels?: string[]) => metricValue(METRICS, `vllm:${name}`, labels);
    expect(value('num_requests_running')).toBe(5);
    expect(value('request_success_total', ['finished_reason="abort"'])).toBe(1);
    expect(value('nothing')).toBe(0);
  });
});

describe('normalised', () => {
  it('leaves out what differs from run to run or tells of the machine', () => {
    const body = {
      id: 'chatcmpl-88480a1b62cfe94d',
      created: 1795248279,
      system_fingerprint: 'vllm-0.32.0-3e6350c1',
      data: [{ id: 'base', root: '/home/somebody/model' }, { id: 'modelperm-af0d' }],
      choices: [{ message: { content: 'a chatcmpl-x' }, logprobs: null }],
    };
    expect(normalised({ status: 200, type: 'application/json', body }).body).toEqual({
      id: 'chatcmpl-id',
      created: 0,
      system_fingerprint: 'fingerprint',
      data: [{ id: 'base', root: 'folder' }, { id: 'modelperm-id' }],
      choices: [{ message: { content: 'a chatcmpl-x' }, logprobs: null }],
    });
  });
});
