import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArtifactRef, openArtifacts, putFolder } from '@parley/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Started, startMain, startSandbox, trainSandboxAdapter } from './testing/sandbox.ts';
import { startWorld, type World } from './testing/world.ts';

/** Waits that hold on a busy machine. */
const PATIENT = { timeout: 15_000, interval: 50 };

let made: string;
let trained: string;
let dir: string;
let engine: Started & { url: string };
let fetcher: Started;
let world: World;

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'parley-made-'));
  const sandbox = await startSandbox();
  trained = await trainSandboxAdapter(sandbox.url, made, 1);
  await sandbox.kill();
}, 60_000);

afterAll(() => rm(made, { recursive: true }));

async function begin(): Promise<void> {
  dir = await mkdtemp(join(tmpdir(), 'parley-fetcher-'));
  fetcher = await startFetcher();
}

async function end(): Promise<void> {
  await fetcher.kill();
  await rm(dir, { recursive: true });
}

/** A fetcher whose folder is another than the inference service's. */
function startFetcher(port = 0): Promise<Started> {
  return startMain('inference/src/fetcher.ts', 'http', {
    env: {
      PARLEY_HTTP_PORT: String(port),
      PARLEY_GRPC_PORT: '0',
      PARLEY_ADMIN_PORT: '0',
      PARLEY_ARTIFACTS: `file:${dir}/artifacts`,
      PARLEY_ADAPTER_DIR: `${dir}/engine`,
    },
  });
}

const portOf = ({ ready }: Started) => new URL(String(ready.http)).port;

async function storeAdapter(): Promise<ArtifactRef> {
  return putFolder(await openArtifacts(`file:${dir}/artifacts`), 'adapters/trained', trained);
}

function put(sha256: string, body: unknown): Promise<Response> {
  return fetch(`${String(fetcher.ready.http)}/adapters/${sha256}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function addRevision(ref: ArtifactRef): Promise<number> {
  const agents = [{ seat: 'gen-1', adapterUri: ref.uri, adapterSha256: ref.sha256 }];
  const { revision } = await world.client.addRevision({
    society: 'team',
    requestId: 'one',
    agents,
  });
  return revision?.number ?? 0;
}

async function generate(revision: number) {
  const messages = [{ role: 'user', content: 'What is the result of 1+2*3?' }];
  const sampling = { temperature: 1, topP: 1, maxTokens: 64 };
  const call = { id: 'a', seat: 'gen-1', messages, sampling };
  for await (const { result } of world.client.generate({
    society: 'team',
    revision,
    calls: [call],
  }))
    return result;
  return expect.fail('no result');
}

/** The folders from which the engine has its adapters. */
async function roots(): Promise<(string | undefined)[]> {
  const { data } = (await (await fetch(`${engine.url}/v1/models`)).json()) as {
    data: { root: string; parent: string | null }[];
  };
  return data.filter(({ parent }) => parent !== null).map(({ root }) => root);
}

describe('the fetcher', () => {
  beforeAll(begin, 60_000);
  afterAll(end);

  it('brings an adapter to where the engine sees it, once for all who ask', async () => {
    const { uri, sha256 } = await storeAdapter();
    const answers = await Promise.all([put(sha256, { uri }), put(sha256, { uri })]);
    const path = join(dir, 'engine', sha256);
    for (const answer of [...answers, await put(sha256, { uri })]) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ path });
    }
    expect((await readdir(path)).sort()).toEqual((await readdir(trained)).sort());
    expect(await readdir(join(dir, 'engine'))).toEqual([sha256]);
  });

  it('refuses what is not what its digest says, and says so', async () => {
    const { uri } = await storeAdapter();
    const answer = await put('f'.repeat(64), { uri });
    expect(answer.status).toBe(500);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({
      reason: 'DATA_CORRUPT',
      detail: `artifact:adapters/trained does not have the digest ${'f'.repeat(64)}`,
    });
    expect(await readdir(join(dir, 'engine'))).not.toContain('f'.repeat(64));
  });

  it('names the field of a request that is wrong', async () => {
    const { uri, sha256 } = await storeAdapter();
    const wrong: [string, unknown, number, string][] = [
      [sha256.toUpperCase(), { uri }, 400, 'params.sha256'],
      [sha256, { uri: '/etc' }, 400, 'body.uri'],
      ['e'.repeat(64), { uri: 'artifact:../a' }, 400, 'must be relative'],
      [sha256, { uri, path: 'b' }, 400, 'body.path'],
      ['e'.repeat(64), { uri: 'artifact:lost' }, 404, 'there is no artifact lost'],
    ];
    for (const [digest, body, status, detail] of wrong) {
      const answer = await put(digest, body);
      expect(await answer.json()).toMatchObject({
        status,
        detail: expect.stringContaining(detail),
      });
      expect(answer.status).toBe(status);
    }
  });

  it('tells how it is', async () => {
    const ready = await fetch(`${String(fetcher.ready.admin)}/readyz`);
    expect(await ready.json()).toMatchObject({ status: 'ok' });
    const metrics = await (await fetch(`${String(fetcher.ready.admin)}/metrics`)).text();
    expect(metrics).toContain('http_server_request_duration_seconds');
  });
});

describe('inference with a fetcher', () => {
  beforeEach(async () => {
    await begin();
    engine = await startSandbox();
    world = await startWorld(
      [engine.url],
      { PARLEY_ADAPTER_FETCHER_PORT: portOf(fetcher), PARLEY_ENGINE_WAIT_SECONDS: '15' },
      { dir },
    );
    await world.client.createSociety({ name: 'team', base: 'base', agents: 1 });
  }, 60_000);

  afterEach(async () => {
    await world.close(true);
    await engine.kill();
    await end();
  });

  it('has adapters brought to an engine that does not see its disk', async () => {
    const ref = await storeAdapter();
    const result = await generate(await addRevision(ref));
    expect(result).toMatchObject({ case: 'completion', value: { adapterSha256: ref.sha256 } });
    expect(await roots()).toEqual([join(dir, 'engine', ref.sha256)]);
    expect(await readdir(join(dir, 'adapters'))).toEqual([]);
  });

  it('waits for a fetcher that is away, and says that it is', async () => {
    await fetcher.kill();
    const number = await addRevision(await storeAdapter());
    const waiting = generate(number);
    await vi.waitFor(async () => {
      const { engines } = await world.client.listEngines({});
      expect(engines[0]?.lastError).toMatch(
        /^adapter team\.gen-1\.[0-9a-f]{12}: the fetcher http:\/\/127\.0\.0\.1:\d+ cannot be used: .*ECONNREFUSED.*; it must run beside the engine/,
      );
    }, PATIENT);
    fetcher = await startFetcher(Number(portOf(fetcher)));
    expect(await waiting).toMatchObject({ case: 'completion' });
  });

  it('fills an engine that was killed and came back empty before it gets calls', async () => {
    const number = await addRevision(await storeAdapter());
    expect(await generate(number)).toMatchObject({ case: 'completion' });
    const before = await roots();
    await engine.kill();
    engine = await startSandbox(Number(new URL(engine.url).port));
    expect(await roots()).toEqual([]);
    expect(await generate(number)).toMatchObject({ case: 'completion' });
    expect(await roots()).toEqual(before);
  });
});
