import type { Completion, Failure } from '@parley/proto/inference';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sampling } from './domain/sampling.ts';
import { type Fault, startTestEngine, type TestEngine } from './testing/engine.ts';
import { startWorld, type World } from './testing/world.ts';

let engine: TestEngine;
let world: World;

beforeEach(async () => {
  engine = await startTestEngine();
});

afterEach(async () => {
  await world.close();
  await engine.stop();
});

async function open(settings: Record<string, string> = {}): Promise<void> {
  world = await startWorld([engine.url], settings);
  await world.client.createSociety({ name: 'team', base: 'base', agents: 1 });
}

type Outcome = { completion?: Completion; failure?: Failure; text: string };

/** Makes one call; the engine's URL in messages becomes ENGINE. */
async function generate(more: { deltas?: boolean; sampling?: Sampling } = {}): Promise<Outcome> {
  const call = {
    id: 'a',
    seat: 'gen-1',
    messages: [{ role: 'user', content: 'What is 1+2?' }],
    sampling: { temperature: 1, topP: 0.9, maxTokens: 8 },
    ...more,
  };
  const outcome: Outcome = { text: '' };
  for await (const { result } of world.client.generate({ society: 'team', calls: [call] })) {
    if (result.case === 'completion') outcome.completion = result.value;
    if (result.case === 'delta') outcome.text += result.value.text;
    if (result.case === 'failure') {
      const message = result.value.message.replaceAll(engine.url, 'ENGINE');
      outcome.failure = { ...result.value, message };
    }
  }
  return outcome;
}

const HTML = '<!DOCTYPE html><html><head><title>Welcome to nginx!</title></head></html>';
const said = (message: string) => JSON.stringify({ error: { message, type: '', param: null } });

describe('a call fails, after three tries', () => {
  it.each<[string, Fault, string, string]>([
    [
      'while the engine is too busy',
      {
        kind: 'status',
        status: 503,
        body: said('The engine is currently busy and cannot accept new requests.'),
      },
      'ENGINE_UNAVAILABLE',
      'engine ENGINE answered 503: The engine is currently busy and cannot accept new requests.',
    ],
    [
      'when the engine is broken inside',
      { kind: 'status', status: 500, body: said('EngineCore encountered an issue.') },
      'ENGINE_FAILED',
      'engine ENGINE answered 500: EngineCore encountered an issue.',
    ],
    [
      'when a proxy answers in its place',
      { kind: 'status', status: 502, body: HTML },
      'ENGINE_FAILED',
      "engine ENGINE answered 502: an HTML page, 'Welcome to nginx!'",
    ],
    [
      'when a page is answered with 200',
      { kind: 'status', status: 200, body: HTML },
      'ENGINE_FAILED',
      "engine ENGINE does not answer as vLLM does: no JSON; it sent an HTML page, 'Welcome to nginx!'",
    ],
    [
      'when the answer is empty',
      { kind: 'status', status: 200, body: '' },
      'ENGINE_FAILED',
      'engine ENGINE does not answer as vLLM does: no JSON; it sent nothing',
    ],
    [
      'when the answer is JSON of something else',
      { kind: 'status', status: 200, body: '{"status":"ok"}' },
      'ENGINE_FAILED',
      'engine ENGINE does not answer as vLLM does: no usage; it sent {"status":"ok"}',
    ],
    [
      'when the connection is reset',
      { kind: 'reset' },
      'ENGINE_FAILED',
      'engine ENGINE: the connection broke before the answer was whole (ECONNRESET)',
    ],
  ])('%s', async (_, fault, reason, message) => {
    await open({ PARLEY_ENGINE_WAIT_SECONDS: '5' });
    engine.fault = () => fault;
    const { failure } = await generate();
    expect(failure).toMatchObject({ reason, retryable: true, message });
    expect(engine.chats).toHaveLength(3);
  });

  it('when the answer breaks off inside its JSON', async () => {
    await open();
    engine.fault = () => ({ kind: 'truncated' });
    const message = expect.stringMatching(
      /^engine ENGINE does not answer as vLLM does: damaged JSON; it sent \{"object"/,
    );
    expect((await generate()).failure).toMatchObject({ reason: 'ENGINE_FAILED', message });
  });

  it.each([false, true])('when another model answers, streaming %s', async (deltas) => {
    await open();
    engine.fault = () => ({ kind: 'model', model: 'someone-elses' });
    const { failure, text } = await generate({ deltas });
    expect(failure).toMatchObject({ reason: 'ENGINE_FAILED', retryable: true });
    expect(failure?.message).toMatch(
      /^engine ENGINE does not answer as vLLM does: someone-elses answered instead of base; it sent /,
    );
    expect(text).toBe('');
  });

  it('when no byte comes, having let go of each try', async () => {
    await open({ PARLEY_ENGINE_TIMEOUT_SECONDS: '0.2' });
    engine.fault = () => ({ kind: 'hang' });
    expect((await generate()).failure).toMatchObject({
      reason: 'ENGINE_FAILED',
      retryable: true,
      message: 'engine ENGINE: no answer within 0.2 s (UND_ERR_HEADERS_TIMEOUT)',
    });
    await vi.waitFor(() => expect(engine.aborted).toBe(3));
  });
});

describe('a stream that has begun fails at once', () => {
  it.each<[string, Fault, string]>([
    [
      'when it breaks off',
      { kind: 'break', after: 1 },
      'engine ENGINE: the connection broke before the answer was whole (UND_ERR_SOCKET)',
    ],
    [
      'when the engine dies behind its server',
      { kind: 'death', after: 1 },
      'engine ENGINE answered 500: EngineCore encountered an issue. See stack trace (above) for the root cause.',
    ],
    [
      'when it stops',
      { kind: 'stall', after: 1 },
      'engine ENGINE: the answer stopped for 0.2 s (UND_ERR_BODY_TIMEOUT)',
    ],
    [
      'when an event is damaged',
      { kind: 'garbled', after: 1 },
      'engine ENGINE does not answer as vLLM does: a damaged event; it sent data: {"cho',
    ],
  ])('%s', async (_, fault, message) => {
    await open({ PARLEY_ENGINE_TIMEOUT_SECONDS: '0.2' });
    engine.fault = () => fault;
    const { failure, text } = await generate({ deltas: true });
    expect(failure).toMatchObject({ reason: 'ENGINE_FAILED', retryable: true });
    expect(failure?.message).toContain(message);
    expect(text).not.toBe('');
    expect(engine.chats).toHaveLength(1);
  });
});

describe('a call waits, then fails with what is wrong with the engine,', () => {
  const unavailable = async (settings: Record<string, string> = {}) => {
    await open(settings);
    const { failure } = await generate();
    expect(failure).toMatchObject({ reason: 'ENGINE_UNAVAILABLE', retryable: true });
    return failure?.message;
  };

  it('when nothing listens', async () => {
    await engine.stop();
    expect(await unavailable()).toBe(
      'no engine serves base: ENGINE is down (engine ENGINE: nothing listens there (ECONNREFUSED))',
    );
  });

  it('when it says that it is not well', async () => {
    engine.healthy = false;
    expect(await unavailable()).toBe(
      'no engine serves base: ENGINE is down (engine ENGINE answered 503: nothing)',
    );
  });

  it('when the key is wrong, naming the setting', async () => {
    engine.apiKey = 'right';
    expect(await unavailable({ PARLEY_ENGINE_API_KEY: 'wrong' })).toBe(
      'no engine serves base: ENGINE is down (engine ENGINE answered 401: Unauthorized; PARLEY_ENGINE_API_KEY must be its key)',
    );
  });

  it('when it is no engine', async () => {
    engine.modelsAnswer = { status: 200, body: HTML };
    expect(await unavailable()).toBe(
      "no engine serves base: ENGINE is down (engine ENGINE does not answer as vLLM does: no JSON; it sent an HTML page, 'Welcome to nginx!')",
    );
  });
});

describe('a call that is too long is refused, naming both lengths,', () => {
  const tooLong = async (maxTokens: number) => {
    await open();
    const sampling = { temperature: 1, topP: 0.9, maxTokens };
    const { failure, completion } = await generate({ sampling });
    expect(completion).toBeUndefined();
    expect(failure).toMatchObject({ reason: 'LIMIT_EXCEEDED', retryable: false });
    expect(engine.chats).toHaveLength(1);
    const { engines } = await world.client.listEngines({});
    expect(engines[0]).toMatchObject({ status: 'up', lastError: '' });
    return failure?.message;
  };

  it('when the engine refuses the prompt', async () => {
    engine.contextLength = 4;
    expect(await tooLong(3)).toBe(
      'a prompt of 5 tokens and an answer of up to 3 (sampling.maxTokens) do not fit into the 4 tokens of base on ENGINE; shorten the prompt to 3 tokens at most',
    );
  });

  it('when the engine has no room for a single token', async () => {
    engine.contextLength = 5;
    expect(await tooLong(3)).toBe(
      'a prompt of 5 tokens and an answer of up to 3 (sampling.maxTokens) do not fit into the 5 tokens of base on ENGINE; shorten the prompt to 4 tokens at most',
    );
  });

  it('when the engine refuses max_tokens', async () => {
    engine.contextLength = 12;
    expect(await tooLong(64)).toBe(
      'a prompt of 5 tokens and an answer of up to 64 (sampling.maxTokens) do not fit into the 12 tokens of base on ENGINE; lower sampling.maxTokens to 7 at most, or shorten the prompt',
    );
  });

  it('when the engine would answer, with less room than was asked for', async () => {
    engine.contextLength = 12;
    expect(await tooLong(8)).toBe(
      'a prompt of 5 tokens and an answer of up to 8 (sampling.maxTokens) do not fit into the 12 tokens of base on ENGINE; lower sampling.maxTokens to 7 at most, or shorten the prompt',
    );
  });

  it('as far as the engine tells them, when it does not even count the tokens', async () => {
    const complaint =
      "This model's maximum context length is 512 tokens. However, your prompt contains 9000 characters (more than 8704 characters, which is the upper bound for 512 input tokens). Please reduce the length of the input prompt.";
    const error = { message: complaint, type: 'BadRequestError', param: 'input_text', code: 400 };
    engine.fault = () => ({ kind: 'status', status: 400, body: JSON.stringify({ error }) });
    expect(await tooLong(8)).toBe(
      `engine ENGINE answered 400: ${complaint}; sampling.maxTokens is 8`,
    );
  });

  it('but not when it just fits', async () => {
    engine.contextLength = 13;
    await open();
    expect((await generate()).completion).toMatchObject({ promptTokens: 5 });
  });
});
