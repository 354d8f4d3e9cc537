import assert from 'node:assert/strict';
import type { Family } from './answers.ts';
import { QUESTION, type WireCase } from './wire-case.ts';

/** The metrics that Parley reads, and the label by which it tells their samples apart. */
const READ: readonly [name: string, type: string, label: string][] = [
  ['vllm:num_requests_running', 'gauge', 'model_name'],
  ['vllm:num_requests_waiting', 'gauge', 'model_name'],
  ['vllm:num_requests_waiting_by_reason', 'gauge', 'reason'],
  ['vllm:kv_cache_usage_perc', 'gauge', 'model_name'],
  ['vllm:prefix_cache_queries_total', 'counter', 'model_name'],
  ['vllm:prefix_cache_hits_total', 'counter', 'model_name'],
  ['vllm:request_success_total', 'counter', 'finished_reason'],
];

/** What an engine says of itself, and what it does not know. */
export const SERVER_CASES: readonly WireCase[] = [
  { name: 'health', requests: () => [{ method: 'GET', path: '/health' }] },
  { name: 'version', requests: () => [{ method: 'GET', path: '/version' }] },
  {
    name: 'models',
    requests: () => [{ method: 'GET', path: '/v1/models' }],
    // An engine that holds adapters tells their parent, and no length of theirs.
    open: ['data[].description', 'data[].parent', 'data[].max_model_len'],
    means([answer], { base, maxModelLength }) {
      const body = answer?.body as { data: Record<string, unknown>[] } | undefined;
      const card = body?.data[0];
      assert.deepEqual([card?.id, card?.parent, card?.max_model_len], [base, null, maxModelLength]);
    },
  },
  {
    name: 'metrics',
    requests: () => [{ method: 'GET', path: '/metrics' }],
    partial: true,
    means([answer]) {
      const families = answer?.body as Record<string, Family>;
      for (const [name, type, label] of READ) {
        assert.equal(families[name]?.type, type, name);
        assert.ok(families[name]?.labels.includes(label), `${name} without ${label}`);
      }
    },
  },
  {
    name: 'tokenize',
    requests: ({ base }) => [
      {
        method: 'POST',
        path: '/tokenize',
        body: { model: base, prompt: '7+7=14', return_token_strs: true },
      },
      {
        method: 'POST',
        path: '/tokenize',
        body: {
          model: base,
          messages: [{ role: 'user', content: QUESTION }],
          add_generation_prompt: true,
        },
      },
    ],
    means(answers, { maxModelLength }) {
      for (const { body } of answers) {
        const { count, tokens, max_model_len } = body as Record<string, unknown>;
        assert.equal((tokens as number[]).length, count);
        assert.equal(max_model_len, maxModelLength);
      }
    },
  },
  {
    name: 'embeddings',
    requests: ({ base }) => [
      { method: 'POST', path: '/v1/embeddings', body: { model: base, input: 'hello' } },
    ],
    sandboxDiffers: 'it embeds beside chat, so that one process is enough for development',
  },
  { name: 'unrouted-path', requests: () => [{ method: 'GET', path: '/nope' }] },
  {
    name: 'wrong-method',
    requests: () => [{ method: 'GET', path: '/v1/chat/completions' }],
  },
];
