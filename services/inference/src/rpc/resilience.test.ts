import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Completion, Failure, GenerateRequestSchema } from '@parley/proto/inference';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InferenceOverrides } from '../context.ts';
import { startTestEngine, type TestEngine } from '../testing/engine.ts';
import { startSandbox } from '../testing/sandbox.ts';
import { startWorld, type World } from '../testing/world.ts';

/** Waits for a condition; the machine may be busy. */
function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, 10_000);
}

let world: World;
const engines: TestEngine[] = [];
let seed = 0;

afterEach(async () => {
  await world.close();
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

/** Starts so many engines. */
async function start(count: number): Promise<TestEngine[]> {
  for (let index = 0; index < count; index++) engines.push(await startTestEngine());
  return engines;
}

async function open(
  sources: readonly string[],
  settings: Record<string, string> = {},
  overrides: InferenceOverrides = {},
): Promise<void> {
  world = await startWorld(sources, settings, overrides);
  await world.client.createSociety({ name: 'team', base: 'base', agents: 3 });
}

type Options = { deadlineMs?: number; question?: string; priority?: string };

/** One call, of a question of its own unless one is given. */
async function ask({ question, deadlineMs, priority = 'interactive' }: Options = {}) {
  seed += 1;
  const request: MessageInitShape<typeof GenerateRequestSchema> = {
    society: 'team',
    revision: 1,
    priority,
    calls: [
      {
        id: 'a',
        seat: 'gen-1',
        messages: [{ role: 'user', content: question ?? `What is ${seed}+2?` }],
        sampling: { temperature: 1, topP: 0.9, maxTokens: 64 },
        seed: BigInt(seed),
      },
    ],
  };
  const results: { completion?: Completion; failure?: Failure } = {};
  const options = deadlineMs === undefined ? {} : { deadlineMs };
  for await (const { result } of world.client.generate(request, options)) {
    if (result.case === 'completion') results.completion = result.value;
    if (result.case === 'failure') results.failure = result.value;
  }
  return results;
}

type Shown = { url: string; status: string; breaker: string; lastError: string; inFlight: number };

async function shown(): Promise<{ engines: Shown[]; names: object[]; queued: number }> {
  return (await world.host.http.inject('/v1/engines')).json();
}

async function metrics(): Promise<string> {
  return (await fetch(`${world.addresses.admin}/metrics`)).text();
}

describe('an engine that fails its calls but answers its probes', () => {
  it('loses its calls to the others until one call succeeds there', async () => {
    const [bad, good] = (await start(2)) as [TestEngine, TestEngine];
    await open([bad.url, good.url]);
    bad.fault = () => ({ kind: 'status', status: 500, body: '{"error":{"message":"no memory"}}' });
    while (bad.chats.length < 5) expect((await ask()).completion).toBeDefined();
    expect((await shown()).engines[0]).toMatchObject({
      status: 'up',
      breaker: 'open',
      lastError: expect.stringContaining('its breaker is open, calls failed: engine'),
    });
    expect(await metrics()).toContain(`parley_engine_breaker_open{engine="${bad.url}"} 1`);
    const { engines: listed } = await world.client.listEngines({});
    expect(listed[0]?.lastError).toContain('no memory');
    for (let count = 0; count < 10; count++) expect((await ask()).completion).toBeDefined();
    expect(bad.chats.length).toBe(5);

    bad.fault = () => undefined;
    await eventually(async () => {
      await ask();
      expect((await shown()).engines[0]).toMatchObject({ breaker: 'closed' });
    });
    expect(await metrics()).toContain(`parley_engine_breaker_open{engine="${bad.url}"} 0`);
  });

  it('has its calls wait when it is the only one, and then says why', async () => {
    const [bad] = (await start(1)) as [TestEngine];
    await open([bad.url]);
    bad.fault = () => ({ kind: 'status', status: 500, body: '{"error":{"message":"no memory"}}' });
    await Promise.all([ask(), ask()]);
    expect((await shown()).engines[0]).toMatchObject({ breaker: 'open' });
    const before = bad.chats.length;
    const { failure } = await ask();
    expect(failure).toMatchObject({
      reason: 'ENGINE_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining('its breaker is open'),
    });
    expect(bad.chats.length).toBe(before);
    bad.fault = () => undefined;
    await eventually(async () => expect((await ask()).completion).toBeDefined());
  });
});

describe('an engine that is let in again', () => {
  it('gets one of the calls that wait, and the others after it', async () => {
    const [engine] = (await start(1)) as [TestEngine];
    await open([engine.url], { PARLEY_ENGINE_WAIT_SECONDS: '10' });
    engine.fault = () => ({ kind: 'status', status: 500, body: '' });
    await Promise.all([ask(), ask()]);
    const before = engine.chats.length;
    engine.fault = () => undefined;
    engine.delayMs = 300;
    const waiting = Array.from({ length: 10 }, () => ask());
    await eventually(async () => {
      expect((await shown()).engines[0]).toMatchObject({ breaker: 'half-open', inFlight: 1 });
      expect((await shown()).queued).toBe(9);
      expect(engine.chats.length).toBe(before + 1);
    });
    for (const { completion } of await Promise.all(waiting)) expect(completion).toBeDefined();
  });
});

describe('an engine that goes silent', () => {
  it('has its calls made elsewhere before they time out', async () => {
    const [silent, other] = (await start(2)) as [TestEngine, TestEngine];
    await open([silent.url, other.url], {}, { probeTimeoutMs: 100 });
    silent.fault = () => ({ kind: 'hang' });
    const calls = [ask()];
    await eventually(() => {
      if (silent.chats.length === 0) calls.push(ask());
      expect(silent.chats.length).toBeGreaterThan(0);
    });
    silent.silent = true;
    for (const { completion } of await Promise.all(calls))
      expect(completion).toMatchObject({ engine: other.url });
    expect((await shown()).engines[0]).toMatchObject({ status: 'down' });
  });
});

describe('the deadline of a caller', () => {
  it('ends the request to the engine', async () => {
    const [engine] = (await start(1)) as [TestEngine];
    await open([engine.url]);
    engine.fault = () => ({ kind: 'hang' });
    await expect(ask({ deadlineMs: 150 })).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    await eventually(async () => {
      expect(engine.aborted).toBe(1);
      expect((await shown()).engines[0]?.inFlight).toBe(0);
    });
    expect(engine.chats).toHaveLength(1);
  });
});

describe('engines behind a name', () => {
  let addresses: string[];
  const resolve = async () => addresses.map((address) => ({ address, family: 4 }));

  /** Engines at loopback addresses of their own, on one port. */
  async function startAt(...hosts: string[]): Promise<string> {
    for (const host of hosts) {
      const port = engines[0] === undefined ? 0 : Number(new URL(engines[0].url).port);
      engines.push(await startTestEngine(port, host));
    }
    return new URL(engines[0]?.url ?? '').port;
  }

  beforeEach(() => {
    addresses = [];
  });

  it('join and leave; calls under way end where they are', async () => {
    const port = await startAt('127.0.0.11', '127.0.0.12');
    const [old, young] = engines as [TestEngine, TestEngine];
    addresses = ['127.0.0.11'];
    await open([`dns+http://vllm:${port}`], {}, { resolve, resolveEveryMs: 20 });
    old.delayMs = 300;
    const underWay = ask();
    await eventually(() => expect(old.chats).toHaveLength(1));
    addresses = ['127.0.0.12'];
    await eventually(async () => {
      expect((await shown()).engines).toEqual([
        expect.objectContaining({ url: young.url, status: 'up' }),
      ]);
    });
    expect((await ask()).completion).toMatchObject({ engine: young.url });
    expect((await underWay).completion).toMatchObject({ engine: old.url, attempts: 1 });
    expect(old.chats).toHaveLength(1);
    expect(await metrics()).not.toContain(old.url);
  });

  it('are kept while the name cannot be resolved, which is shown', async () => {
    const port = await startAt('127.0.0.11');
    addresses = ['127.0.0.11'];
    let fails = false;
    const source = `dns+http://vllm:${port}`;
    const unsteady = async () => {
      if (fails) throw new Error('getaddrinfo EAI_AGAIN vllm');
      return resolve();
    };
    await open([source], {}, { resolve: unsteady, resolveEveryMs: 20 });
    fails = true;
    await eventually(async () =>
      expect((await shown()).names).toEqual([
        { source, engines: 1, lastError: 'getaddrinfo EAI_AGAIN vllm' },
      ]),
    );
    expect((await ask()).completion).toBeDefined();
    expect(await metrics()).toContain(`parley_engine_name_resolved{name="${source}"} 0`);
  });

  it('are waited for, and said not to be there', async () => {
    const fail = () => Promise.reject(new Error('getaddrinfo ENOTFOUND vllm'));
    await open(['dns+http://vllm:1'], {}, { resolve: fail, resolveEveryMs: 20 });
    expect((await ask()).failure).toMatchObject({
      reason: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining(
        'dns+http://vllm:1 stands for 0 engines (getaddrinfo ENOTFOUND vllm)',
      ),
    });
  });
});

describe('calls of one question', () => {
  it('go to one engine while others have as much to do', async () => {
    await start(3);
    await open(engines.map(({ url }) => url));
    for (let question = 0; question < 10; question++) {
      const places = new Set<string | undefined>();
      for (let count = 0; count < 5; count++)
        places.add((await ask({ question: `Question ${question}?` })).completion?.engine);
      expect(places.size).toBe(1);
    }
    expect(engines.filter(({ chats }) => chats.length > 0).length).toBeGreaterThan(1);
    expect(await metrics()).toContain('parley_engine_routes_total{reason="prefix"} 50');
  });
});

describe('an engine with 16 slots under a backlog', () => {
  it('has its batch full and next to nothing waiting, so that interactive calls are soon there', async () => {
    const sandbox = await startSandbox(0, ['--slots', '16', '--latency-ms', '40']);
    try {
      await open([sandbox.url]);
      let stop = false;
      const backlog = Array.from({ length: 60 }, async () => {
        while (!stop) await ask({ priority: 'batch' });
      });
      const gauge = async (name: string) => {
        const found = new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(await metrics());
        return Number(found?.[1]);
      };
      await eventually(async () => {
        expect(await gauge('parley_engine_in_flight_target')).toBeLessThanOrEqual(20);
      });
      await eventually(async () => {
        expect(await gauge('parley_engine_running')).toBe(16);
        expect(await gauge('parley_engine_waiting')).toBeLessThanOrEqual(4);
      });
      stop = true;
      await Promise.all(backlog);
    } finally {
      await sandbox.kill();
    }
  });
});
