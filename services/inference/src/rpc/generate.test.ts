import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ParleyError } from '@parley/platform';
import type { Completion, Failure, GenerateCallSchema } from '@parley/proto/inference';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Fault, startTestEngine, type TestEngine, wordsOf } from '../testing/engine.ts';
import { startWorld, type World } from '../testing/world.ts';

type Call = MessageInitShape<typeof GenerateCallSchema>;

let engine: TestEngine;
let world: World;
const others: TestEngine[] = [];

beforeEach(async () => {
  engine = await startTestEngine();
});

afterEach(async () => {
  await world.close();
  await engine.stop();
  await Promise.all(others.splice(0).map((other) => other.stop()));
});

async function open(settings: Record<string, string> = {}, urls = [engine.url]): Promise<void> {
  world = await startWorld(urls, settings);
  await world.client.createSociety({ name: 'team', base: 'base', agents: 3 });
}

function call(id: string, seed = 0, more: object = {}): Call {
  return {
    id,
    seat: 'gen-1',
    messages: [{ role: 'user', content: 'What is 1+2?' }],
    sampling: { temperature: 1, topP: 0.9, maxTokens: 64 },
    seed: BigInt(seed),
    ...more,
  };
}

type Results = { completions: Completion[]; failures: Failure[]; deltas: Record<string, string> };

async function generate(calls: Call[], signal?: AbortSignal): Promise<Results> {
  const results: Results = { completions: [], failures: [], deltas: {} };
  const stream = world.client.generate(
    { society: 'team', revision: 1, priority: 'interactive', calls },
    signal ? { signal } : {},
  );
  for await (const { result } of stream) {
    if (result.case === 'completion') results.completions.push(result.value);
    if (result.case === 'failure') results.failures.push(result.value);
    if (result.case === 'delta') {
      const { callId, text } = result.value;
      results.deltas[callId] = (results.deltas[callId] ?? '') + text;
    }
  }
  return results;
}

async function refused(calls: Call[]): Promise<ParleyError> {
  return generate(calls).then(
    () => expect.fail('was not refused'),
    (error: ParleyError) => error,
  );
}

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

function faultOnce(fault: Fault): void {
  engine.fault = (_body, nth) => (nth === 1 ? fault : undefined);
}

function expected(seed: number): string {
  const body = { model: 'base', messages: [{ role: 'user', content: 'What is 1+2?' }] };
  return wordsOf(engine, { ...body, temperature: 1, max_tokens: 64 }, seed).join('');
}

describe('Generate', () => {
  it('answers every call with what made the answer', async () => {
    await open();
    const { completions } = await generate([call('a', 7)]);
    expect(completions).toEqual([
      expect.objectContaining({
        callId: 'a',
        text: expected(7),
        finishReason: 'stop',
        servedName: 'base',
        adapterSha256: '',
        engine: engine.url,
        engineVersion: '0.32.0',
        promptTokens: 5,
        completionTokens: expected(7).trim().split(' ').length,
        seed: 7n,
        coalesced: 1,
        attempts: 1,
      }),
    ]);
  });

  it.each([
    ['counted by the engine', true],
    ['shared out', false],
  ])(
    'makes one upstream call of equal ones with consecutive seeds, tokens %s',
    async (_, counts) => {
      await open();
      engine.countsChoices = counts;
      const { completions } = await generate([
        call('a', 7),
        call('c', 9, { seat: 'gen-3' }),
        call('b', 8, { seat: 'base' }),
      ]);
      expect(engine.chats).toHaveLength(1);
      expect(engine.chats[0]).toMatchObject({ n: 3, seed: 7 });
      const byId = new Map(completions.map((completion) => [completion.callId, completion]));
      for (const [id, seed] of [
        ['a', 7],
        ['b', 8],
        ['c', 9],
      ] as const)
        expect(byId.get(id)).toMatchObject({
          text: expected(seed),
          seed: BigInt(seed),
          coalesced: 3,
        });
      const tokens = completions.reduce((sum, { completionTokens }) => sum + completionTokens, 0);
      const words = [7, 8, 9].map((seed) => expected(seed).trim().split(' ').length);
      expect(tokens).toBe(words.reduce((sum, count) => sum + count));
      if (counts) expect(byId.get('b')?.completionTokens).toBe(words[1]);
    },
  );

  it('passes deltas of the calls that asked for them', async () => {
    await open();
    const { completions, deltas } = await generate([call('a', 7, { deltas: true }), call('b', 8)]);
    expect(engine.chats).toEqual([expect.objectContaining({ n: 2, stream: true })]);
    expect(deltas).toEqual({ a: expected(7) });
    expect(completions.map(({ text }) => text)).toEqual([expected(7), expected(8)]);
  });

  it('passes pieces that come together as one', async () => {
    await open();
    const texts: string[] = [];
    const calls = [call('a', 7, { deltas: true })];
    for await (const { result } of world.client.generate({ society: 'team', revision: 1, calls }))
      if (result.case === 'delta') texts.push(result.value.text);
    expect(texts.join('')).toBe(expected(7));
    expect(texts.length).toBeLessThan(expected(7).trim().split(' ').length);
  });

  it('never asks for several greedy choices', async () => {
    await open();
    const greedy = { sampling: { temperature: 0, topP: 1, maxTokens: 8 } };
    const { completions } = await generate([call('a', 1, greedy), call('b', 2, greedy)]);
    expect(completions).toHaveLength(2);
    expect(engine.chats.map(({ n }) => n)).toEqual([undefined, undefined]);
  });

  it.each([
    ['an unknown seat', call('a', 0, { seat: 'gen-4' }), 'calls[0].seat'],
    ['no messages', call('a', 0, { messages: [] }), 'calls[0].messages'],
    [
      'an unknown role',
      call('a', 0, { messages: [{ role: 'wizard' }] }),
      'calls[0].messages[0].role',
    ],
    [
      'too high a temperature',
      call('a', 0, { sampling: { temperature: 3 } }),
      'calls[0].sampling.temperature',
    ],
    ['too large a seed', { ...call('a'), seed: 2n ** 60n }, 'calls[0].seed'],
    ['no id', call(''), 'calls[0].id'],
  ])('refuses %s, naming the field', async (_, bad, field) => {
    await open();
    expect(await refused([bad])).toMatchObject({ reason: 'INVALID_ARGUMENT', field });
  });

  it('refuses ids given twice, no calls, and unknown societies and revisions', async () => {
    await open();
    expect(await refused([call('a'), call('a')])).toMatchObject({ field: 'calls[1].id' });
    expect(await refused([])).toMatchObject({ field: 'calls' });
    const { client } = world;
    const calls = [call('a')];
    for (const request of [{ society: 'none' }, { society: 'team', revision: 9 }]) {
      const stream = client.generate({ ...request, calls });
      await expect(first(stream)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    }
  });
});

describe('Generate with an engine in trouble', () => {
  it.each<[string, Fault]>([
    ['503', { kind: 'status', status: 503, body: '{"error":{"message":"busy"}}' }],
    ['429', { kind: 'status', status: 429, body: '{"error":{"message":"busy"}}' }],
    ['500', { kind: 'status', status: 500, body: '{"error":{"message":"broken"}}' }],
    ['HTML', { kind: 'status', status: 200, body: '<html>not an engine</html>' }],
    ['truncated JSON', { kind: 'truncated' }],
    ['a connection that is reset', { kind: 'reset' }],
  ])('repeats a call after %s', async (_, fault) => {
    await open();
    faultOnce(fault);
    const { completions } = await generate([call('a', 7)]);
    expect(completions).toEqual([expect.objectContaining({ text: expected(7), attempts: 2 })]);
  });

  it.each<[string, Fault, object]>([
    [
      '503',
      { kind: 'status', status: 503, body: '{"error":{"message":"busy"}}' },
      { reason: 'ENGINE_UNAVAILABLE', retryable: true },
    ],
    [
      '500',
      { kind: 'status', status: 500, body: '{"error":{"message":"broken"}}' },
      { reason: 'ENGINE_FAILED', retryable: true },
    ],
    [
      'HTML',
      { kind: 'status', status: 200, body: '<html>' },
      { reason: 'ENGINE_FAILED', retryable: true },
    ],
  ])('fails the call after three times %s', async (_, fault, failure) => {
    await open();
    engine.fault = () => fault;
    const { failures } = await generate([call('a')]);
    expect(failures).toEqual([expect.objectContaining({ callId: 'a', ...failure })]);
    expect(engine.chats).toHaveLength(3);
  });

  it.each<[string, number, object]>([
    ['refused', 400, { reason: 'ENGINE_REFUSED', retryable: false }],
    ['unauthorized', 401, { reason: 'NOT_CONFIGURED', retryable: false }],
  ])(
    'does not repeat a call that is %s, and says what the engine said',
    async (_, status, failure) => {
      await open();
      engine.fault = () => ({
        kind: 'status',
        status,
        body: '{"error":{"message":"no such thing"}}',
      });
      const { failures } = await generate([call('a')]);
      const message = expect.stringContaining('no such thing');
      expect(failures).toEqual([expect.objectContaining({ ...failure, message })]);
      expect(engine.chats).toHaveLength(1);
    },
  );

  it('fails some calls and completes the others', async () => {
    await open();
    engine.fault = ({ seed }) =>
      seed === 100
        ? { kind: 'status', status: 400, body: '{"error":{"message":"no"}}' }
        : undefined;
    const { completions, failures } = await generate([call('a', 7), call('b', 100)]);
    expect(completions.map(({ callId }) => callId)).toEqual(['a']);
    expect(failures.map(({ callId }) => callId)).toEqual(['b']);
  });

  it('gives up on an engine that hangs, after the time allowed', async () => {
    await open({ PARLEY_ENGINE_TIMEOUT_SECONDS: '0.2' });
    engine.fault = () => ({ kind: 'hang' });
    const { failures } = await generate([call('a')]);
    const message = expect.stringContaining('no answer within 0.2 s');
    expect(failures).toEqual([
      expect.objectContaining({ reason: 'ENGINE_FAILED', retryable: true, message }),
    ]);
  });

  it('goes to another engine at once when one fails', async () => {
    const other = await startTestEngine();
    others.push(other);
    await open({}, [engine.url, other.url]);
    const isFirst = () => engine.chats.length + other.chats.length === 1;
    for (const one of [engine, other])
      one.fault = () => (isFirst() ? { kind: 'status', status: 500, body: '' } : undefined);
    const { completions } = await generate([call('a', 7)]);
    expect(completions).toEqual([expect.objectContaining({ text: expected(7), attempts: 2 })]);
    expect([engine.chats.length, other.chats.length]).toEqual([1, 1]);
  });

  it('repeats a stream that breaks before the first token, not one that breaks after it', async () => {
    await open();
    faultOnce({ kind: 'break', after: 0 });
    const streamed = call('a', 7, { deltas: true });
    const first = await generate([streamed]);
    expect(first.completions).toEqual([
      expect.objectContaining({ text: expected(7), attempts: 2 }),
    ]);
    await vi.waitFor(async () => {
      const { engines } = await world.client.listEngines({});
      expect(engines[0]?.status).toBe('up');
    });
    const before = engine.chats.length;
    engine.fault = () => ({ kind: 'break', after: 1 });
    const second = await generate([streamed]);
    expect(second.failures).toEqual([
      expect.objectContaining({ reason: 'ENGINE_FAILED', retryable: true }),
    ]);
    expect(engine.chats).toHaveLength(before + 1);
  });

  it.each([
    [0, { completions: [expect.objectContaining({ attempts: 2 })], failures: [] }],
    [
      1,
      {
        completions: [],
        failures: [expect.objectContaining({ reason: 'ENGINE_FAILED', retryable: true })],
      },
    ],
  ])('judges a stream garbled after %i tokens in the same way', async (after, results) => {
    await open();
    faultOnce({ kind: 'garbled', after });
    expect(await generate([call('a', 7, { deltas: true })])).toMatchObject(results);
  });

  it('says that no engine is up, then works when one comes up', async () => {
    await engine.stop();
    await open();
    const { failures } = await generate([call('a')]);
    const message = expect.stringContaining('is down');
    expect(failures).toEqual([
      expect.objectContaining({ reason: 'ENGINE_UNAVAILABLE', retryable: true, message }),
    ]);
    engine = await startTestEngine(Number(new URL(engine.url).port));
    await vi.waitFor(async () => {
      const { completions } = await generate([call('a', 7)]);
      expect(completions).toHaveLength(1);
    });
  });

  it('lets a call wait for an engine that restarts', async () => {
    await open({ PARLEY_ENGINE_WAIT_SECONDS: '5' });
    const port = Number(new URL(engine.url).port);
    await engine.stop();
    const generation = generate([call('a', 7)]);
    await vi.waitFor(async () => {
      const { engines } = await world.client.listEngines({});
      expect(engines[0]?.status).toBe('down');
    });
    engine = await startTestEngine(port);
    expect((await generation).completions).toHaveLength(1);
  });

  it('says which setting is missing when no engine is configured', async () => {
    await open({}, []);
    const { failures } = await generate([call('a')]);
    const message = expect.stringContaining('PARLEY_ENGINES');
    expect(failures).toEqual([expect.objectContaining({ reason: 'NOT_CONFIGURED', message })]);
  });

  it('says that no engine serves a base model', async () => {
    await open();
    await world.client.createSociety({ name: 'strange', base: 'other-model', agents: 1 });
    const stream = world.client.generate({ society: 'strange', calls: [call('a')] });
    expect((await first(stream))?.result.value).toMatchObject({
      reason: 'ENGINE_REFUSED',
      message: expect.stringContaining('no engine serves other-model'),
    });
  });

  it('aborts upstream and forgets what waits when the caller goes away', async () => {
    await open({ PARLEY_ENGINE_MAX_IN_FLIGHT: '1' });
    engine.fault = () => ({ kind: 'hang' });
    const controller = new AbortController();
    const generation = generate([call('a', 1), call('b', 100)], controller.signal);
    await vi.waitFor(async () => {
      expect(engine.chats).toHaveLength(1);
      expect((await world.client.listEngines({})).queued).toBe(1);
    });
    controller.abort(new Error('gone'));
    await expect(generation).rejects.toThrow();
    await vi.waitFor(async () => {
      expect(engine.aborted).toBe(1);
      const { engines, queued } = await world.client.listEngines({});
      expect({ queued, inFlight: engines[0]?.inFlight }).toEqual({ queued: 0, inFlight: 0 });
    });
    expect(engine.chats).toHaveLength(1);
  });

  it('never has more in flight than the cap, and takes no more than the queue holds', async () => {
    await open({ PARLEY_ENGINE_MAX_IN_FLIGHT: '4', PARLEY_ENGINE_QUEUE: '8' });
    engine.delayMs = 20;
    const twelve = Array.from({ length: 12 }, (_, index) => call(`c${index}`, index * 10));
    const { completions } = await generate(twelve);
    expect(completions).toHaveLength(12);
    expect(engine.mostRunning).toBeLessThanOrEqual(4);
    const error = await refused([...twelve, call('more', 1000)]);
    expect(error).toMatchObject({ reason: 'OVERLOADED', retryable: true });
    expect(error.retryAfter).toBeGreaterThanOrEqual(1);
  });
});
