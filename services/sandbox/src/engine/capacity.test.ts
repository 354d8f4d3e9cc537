import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SandboxConfig } from './config.ts';
import { resolveConfig } from './config.ts';
import type { TestEngine } from './testing.ts';
import { makeEngine } from './testing.ts';

const messages = [{ role: 'user', content: 'What is the result of 1+2*3?' }];
let engine: TestEngine | undefined;

afterEach(async () => {
  await engine?.app.close();
  engine = undefined;
});

async function listen(settings: Partial<SandboxConfig>): Promise<string> {
  engine = makeEngine(settings);
  return engine.app.listen({ host: '127.0.0.1', port: 0 });
}

function chat(url: string, body: object = {}, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify({ messages, ...body }) };
  return fetch(`${url}/v1/chat/completions`, signal === undefined ? init : { ...init, signal });
}

describe('capacity', () => {
  it('refuses with 503 what neither runs nor waits, counting n', async () => {
    const url = await listen({ slots: 1, queue: 2, latencyMs: 300 });
    const busy = await chat(url, { n: 4 });
    expect(busy.status).toBe(503);
    expect(await busy.json()).toEqual({
      error: {
        message:
          'The engine is currently busy and cannot accept new requests. Please try again later or on a different instance.',
        type: 'Service Unavailable',
        param: null,
        code: 503,
      },
    });
    const admitted = chat(url, { n: 2, stream: true });
    await vi.waitFor(() => expect(engine?.core.slots.running).toBe(1));
    expect(engine?.core.slots.waiting).toBe(1);
    expect((await chat(url, { n: 2 })).status).toBe(503);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('vllm:num_requests_running{engine="0",model_name="base"} 1.0\n');
    expect(metrics).toContain('vllm:num_requests_waiting{engine="0",model_name="base"} 1.0\n');
    expect(metrics).toContain('reason="max_num_queued_reqs"} 2.0\n');
    expect(await (await admitted).text()).toContain('[DONE]');
    expect(engine?.core.slots.running).toBe(0);
  });

  it.each([true, false])('frees slots when a client leaves, stream %s', async (stream) => {
    const url = await listen({ slots: 1, latencyMs: 60_000 });
    const controller = new AbortController();
    const left = chat(url, { n: 3, stream }, controller.signal)
      .then((response) => response.text())
      .catch(() => 'left');
    await vi.waitFor(() => expect(engine?.core.slots.waiting).toBe(2));
    controller.abort();
    expect(await left).toBe('left');
    await vi.waitFor(() => expect(engine?.core.slots).toMatchObject({ running: 0, waiting: 0 }));
    expect(Object.values(engine?.core.metrics.finished ?? {})).toEqual([0, 0, 0, 0, 0]);
  });

  it('gives the same answer at once, late, and token by token', async () => {
    const fast = await (await chat(await listen({}), { seed: 4 })).json();
    await engine?.app.close();
    const url = await listen({ latencyMs: 5, tokenMs: 1 });
    const began = performance.now();
    const slow = await (await chat(url, { seed: 4 })).json();
    expect(performance.now() - began).toBeGreaterThan(20);
    const content = (answer: unknown) =>
      (answer as { choices: { message: { content: string } }[] }).choices[0]?.message.content;
    expect(content(slow)).toBe(content(fast));
    const text = await (await chat(url, { seed: 4, stream: true })).text();
    const chunks = text.split('\n\n').filter((event) => event.startsWith('data: {'));
    const pieces = chunks.map(
      (event) =>
        (JSON.parse(event.slice(6)) as { choices: { delta: { content: string } }[] }).choices[0]
          ?.delta.content,
    );
    expect(pieces.join('')).toBe(content(fast));
  });

  it('counts tokens, finishes and repeated prompts', async () => {
    const url = await listen({});
    const long = [{ role: 'user', content: `${'Consider it well. '.repeat(10)}1+2*3?` }];
    for (const max_tokens of [5, 500]) await chat(url, { messages: long, max_tokens });
    const counts = engine?.core.metrics;
    expect(counts?.finished).toMatchObject({ stop: 1, length: 1 });
    expect(counts?.generationTokens).toBeGreaterThan(10);
    const prompt = (counts?.cacheQueries ?? 0) / 2;
    expect(counts?.cacheHits).toBe(prompt - ((prompt - 1) % 16) - 1);
  });
});

describe('an API key', () => {
  it('guards /v1 alone', async () => {
    engine = makeEngine({ apiKey: 'secret' });
    const { app } = engine;
    const refused = await app.inject('/v1/models');
    expect([refused.statusCode, refused.json()]).toEqual([401, { error: 'Unauthorized' }]);
    expect((await app.inject('/health')).statusCode).toBe(200);
    const headers = { authorization: 'Bearer secret' };
    expect((await app.inject({ url: '/v1/models', headers })).statusCode).toBe(200);
  });
});

describe('resolveConfig', () => {
  it('names a setting that cannot be', () => {
    expect(() => resolveConfig({ slots: 0 })).toThrow('slots must be a number of at least 1');
    expect(() => resolveConfig({ tokenMs: Number.NaN })).toThrow('tokenMs must be');
  });
});
