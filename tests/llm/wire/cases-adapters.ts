import assert from 'node:assert/strict';
import { completionOf } from './answers.ts';
import type { Request } from './exchange.ts';
import { chat, type WireCase } from './wire-case.ts';

const NAME = 'wire.gen-1.0123456789ab';

/** Loading and unloading adapters, and what is refused of it. */
export const ADAPTER_CASES: readonly WireCase[] = [
  {
    name: 'adapter',
    requests: (engine) => [
      load(NAME, engine.adapter),
      load(NAME, engine.adapter),
      load(NAME, engine.truncated),
      { method: 'GET', path: '/v1/models' },
      chat(engine, { model: NAME, temperature: 0, logprobs: true, top_logprobs: 0 }),
      chat(engine, { temperature: 0, logprobs: true, top_logprobs: 0 }),
      unload(NAME),
      unload(NAME),
      chat(engine, { model: NAME }),
    ],
    open: ['data[].description'],
    means([, , , , within, without]) {
      const [one, other] = [completionOf(within), completionOf(without)];
      assert.equal(one.model, NAME);
      assert.notDeepEqual(one.choices[0]?.logprobs, other.choices[0]?.logprobs);
    },
  },
  {
    name: 'adapter-truncated',
    requests: (engine) => [
      load('wire.gen-2.0123456789ab', engine.truncated),
      chat(engine, { model: 'wire.gen-2.0123456789ab' }),
      { method: 'GET', path: '/health' },
    ],
    ownWords: true,
  },
  {
    name: 'adapter-missing',
    requests: () => [load('wire.gen-3.0123456789ab', '/no/such/folder')],
  },
  {
    name: 'adapter-names',
    requests: ({ adapter, base }) => [
      { method: 'POST', path: '/v1/load_lora_adapter', body: { lora_path: adapter } },
      load('', adapter),
      load(base, adapter),
      unload(base),
    ],
  },
];

function load(name: string, path: string): Request {
  const body = { lora_name: name, lora_path: path };
  return { method: 'POST', path: '/v1/load_lora_adapter', body };
}

function unload(name: string): Request {
  return { method: 'POST', path: '/v1/unload_lora_adapter', body: { lora_name: name } };
}
