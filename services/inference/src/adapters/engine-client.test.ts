import { ParleyError } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestEngine, type TestEngine } from '../testing/engine.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';

let engine: TestEngine;
let client: EngineClient;

function connect(apiKey = ''): EngineClient {
  return createEngineClient(engine.url, { connections: 2, apiKey, timeoutMs: 1000 });
}

beforeEach(async () => {
  engine = await startTestEngine();
  client = connect();
});

afterEach(async () => {
  await client.close();
  await engine.stop();
});

const chat = {
  model: 'base',
  messages: [{ role: 'user' as const, content: 'hello' }],
  sampling: { temperature: 1, topP: 0.9, maxTokens: 8 },
  seed: 1,
  n: 1,
};

describe('EngineClient', () => {
  it('reads what an engine is', async () => {
    engine.adapters.set('a', '/a');
    await client.health();
    expect(await client.version()).toBe('0.32.0');
    expect(await client.report()).toMatchObject({ running: 0, waiting: 0 });
    expect(await client.models()).toEqual([
      { name: 'base', adapter: false, maxModelLength: 4096 },
      { name: 'a', adapter: true, maxModelLength: undefined },
    ]);
  });

  it('loads and unloads idempotently', async () => {
    await client.loadAdapter('a', '/a');
    await client.loadAdapter('a', '/a');
    expect(engine.loads).toBe(1);
    await client.unloadAdapter('a');
    await client.unloadAdapter('a');
    expect(engine.adapters.size).toBe(0);
  });

  it('sends the key, and says which setting is wrong without it', async () => {
    engine.apiKey = 'secret';
    await expect(client.models()).rejects.toMatchObject({
      reason: 'NOT_CONFIGURED',
      message: expect.stringContaining('PARLEY_ENGINE_API_KEY'),
    });
    await client.health();
    await client.close();
    client = connect('secret');
    expect(await client.models()).toHaveLength(1);
  });

  it('reuses its connections, also after the engine has closed them', async () => {
    const { signal } = new AbortController();
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(
        [1, 2, 3].map((seed) => client.chat({ ...chat, seed }, signal)),
      );
      expect(answers.map(({ promptTokens }) => promptTokens)).toEqual([5, 5, 5]);
    }
  });

  it('sends nothing for a call that is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(client.chat(chat, signal)).rejects.toThrow('stopped');
    expect(engine.chats).toHaveLength(0);
  });

  it('reads the log-probabilities of a conversation', async () => {
    const { signal } = new AbortController();
    const tokens = await client.promptTokens('base', chat.messages, signal);
    const logprobs = await client.promptLogprobs(
      'base',
      [...chat.messages, { role: 'assistant', content: 'hi' }],
      signal,
    );
    expect(tokens).toBe(5);
    expect(logprobs).toHaveLength(9);
    expect(engine.chats.at(-1)).toMatchObject({
      prompt_logprobs: 0,
      add_generation_prompt: false,
      max_tokens: 1,
      temperature: 0,
    });
  });

  it('has calls under way fail when they are cut, and makes the next', async () => {
    engine.fault = () => ({ kind: 'hang' });
    const { signal } = new AbortController();
    const calls = Promise.allSettled([1, 2].map((seed) => client.chat({ ...chat, seed }, signal)));
    await vi.waitFor(() => expect(engine.chats).toHaveLength(2));
    client.cut(new ParleyError('ENGINE_UNAVAILABLE', 'silent'));
    const failed = { status: 'rejected', reason: expect.objectContaining({ message: 'silent' }) };
    expect(await calls).toEqual([failed, failed]);
    await vi.waitFor(() => expect(engine.aborted).toBe(2));
    engine.fault = () => undefined;
    expect(await client.chat(chat, signal)).toMatchObject({ promptTokens: 5 });
  });

  it('works below a path', async () => {
    await client.close();
    client = createEngineClient(`${engine.url}/below`, {
      connections: 1,
      apiKey: '',
      timeoutMs: 1000,
    });
    await expect(client.health()).rejects.toMatchObject({
      message: expect.stringContaining('/below answered 404'),
    });
  });
});
