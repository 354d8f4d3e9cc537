import { promptOf } from './cases-chat.ts';
import { chat, completion, type WireCase } from './wire-case.ts';

const CHAT = '/v1/chat/completions';

/** Requests that cannot be answered, and how an engine says so. */
export const REFUSAL_CASES: readonly WireCase[] = [
  {
    name: 'unknown-model',
    requests: (engine) => [
      chat(engine, { model: 'no-such' }),
      chat(engine, { model: 'no-such', stream: true }),
      completion(engine, { model: 'no-such', prompt: '1', max_tokens: 4 }),
      { method: 'POST', path: '/tokenize', body: { model: 'no-such', prompt: '1' } },
    ],
  },
  {
    name: 'prompt-too-long',
    requests: (engine) => {
      const { maxModelLength } = engine;
      const prompts = [maxModelLength, maxModelLength + 1, 2 * maxModelLength].map(promptOf);
      return [
        ...prompts.map((content) => chat(engine, { messages: [{ role: 'user', content }] })),
        chat(engine, { messages: [{ role: 'user', content: prompts[2] }], stream: true }),
        completion(engine, { prompt: prompts[2], max_tokens: 4 }),
      ];
    },
  },
  {
    name: 'max-tokens-too-many',
    requests: (engine) => [chat(engine, { max_tokens: engine.maxModelLength + 1 })],
  },
  { name: 'max-tokens-zero', requests: (engine) => [chat(engine, { max_tokens: 0 })] },
  { name: 'choices-zero', requests: (engine) => [chat(engine, { n: 0 })] },
  { name: 'choices-greedy', requests: (engine) => [chat(engine, { n: 2, temperature: 0 })] },
  { name: 'temperature-negative', requests: (engine) => [chat(engine, { temperature: -1 })] },
  {
    name: 'top-logprobs-too-many',
    requests: (engine) => [chat(engine, { logprobs: true, top_logprobs: 50 })],
  },
  {
    name: 'messages-missing',
    requests: (engine) => [
      { method: 'POST', path: CHAT, body: { model: engine.base } },
      chat(engine, { messages: [] }),
    ],
  },
  {
    name: 'json-broken',
    requests: () => [{ method: 'POST', path: CHAT, body: '{"model":"base",' }],
    ownWords: true,
  },
];
