import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import {
  type ArtifactRef,
  type Artifacts,
  openArtifacts,
  ParleyError,
  putFolder,
} from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InferenceOverrides } from '../context.ts';
import { startTestEngine, type TestEngine } from '../testing/engine.ts';
import { startWorld, type World } from '../testing/world.ts';

const FIXTURES = resolve(import.meta.dirname, '../testing/fixtures');

let dir: string;
let engine: TestEngine;
let world: World;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-adapters-'));
  engine = await startTestEngine();
});

afterEach(async () => {
  await world.close();
  await engine.stop();
  await rm(dir, { recursive: true, force: true });
});

async function open(
  settings: Record<string, string> = {},
  urls = [engine.url],
  overrides: InferenceOverrides = {},
): Promise<void> {
  const patient = { PARLEY_ENGINE_WAIT_SECONDS: '5', ...settings };
  world = await startWorld(urls, patient, { dir, ...overrides });
  await world.client.createSociety({ name: 'team', base: 'base', agents: 1 });
}

/** Stores an adapter of a type that is left to the engine; its content is another for each name. */
async function storeAdapter(name: string, file = 'adapter_config.json'): Promise<ArtifactRef> {
  const folder = join(dir, 'made', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), JSON.stringify({ peft_type: 'ANY', name }));
  return store(name, folder);
}

async function store(name: string, folder: string): Promise<ArtifactRef> {
  const artifacts = await openArtifacts(`file:${dir}/artifacts`);
  return putFolder(artifacts, `adapters/${name}`, folder);
}

async function addRevision(ref: ArtifactRef, seats = ['gen-1'], society = 'team'): Promise<number> {
  const { revision } = await world.client.addRevision({
    society,
    requestId: ref.sha256,
    agents: seats.map((seat) => ({ seat, adapterUri: ref.uri, adapterSha256: ref.sha256 })),
  });
  return revision?.number ?? 0;
}

async function generate(revision: number, seat = 'gen-1') {
  const call = {
    id: 'a',
    seat,
    messages: [{ role: 'user', content: 'hello' }],
    sampling: { temperature: 1, topP: 1, maxTokens: 8 },
  };
  const request = { society: 'team', revision, calls: [call] };
  for await (const { result } of world.client.generate(request)) return result;
  return expect.fail('no result');
}

async function brokenReason(number: number): Promise<string> {
  return vi.waitFor(async () => {
    const { revision } = await world.client.getRevision({ society: 'team', number });
    expect(revision?.broken).not.toBe('');
    return revision?.broken ?? '';
  }, 5000);
}

async function modelsOf(position = 0): Promise<string[]> {
  const { engines } = await world.client.listEngines({});
  return engines[position]?.models ?? [];
}

/** The world's artifacts; those whose URI holds a word of `away` cannot be had. */
async function flakyArtifacts(): Promise<{ artifacts: Artifacts; away: Set<string> }> {
  const real = await openArtifacts(`file:${dir}/artifacts`);
  const away = new Set<string>();
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const artifacts: Artifacts = {
    ...real,
    async get(ref) {
      for (const word of away)
        if (ref.uri.includes(word)) throw new ParleyError('UNAVAILABLE', 'S3 is away', { cause });
      return real.get(ref);
    },
  };
  return { artifacts, away };
}

async function lastError(): Promise<string> {
  const { engines } = await world.client.listEngines({});
  return engines[0]?.lastError ?? '';
}

/** `parley_adapters_missing` of the engine. */
async function missingMetric(): Promise<number> {
  const text = await (await fetch(`${world.addresses.admin}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith('parley_adapters_missing{'));
  return Number(line?.split(' ').at(-1));
}

describe('adapters', () => {
  it('are fetched, loaded and checked before they are called', async () => {
    await open();
    const ref = await storeAdapter('good');
    const number = await addRevision(ref, ['gen-1', 'critic-1']);
    const name = `team.gen-1.${ref.sha256.slice(0, 12)}`;
    const result = await generate(number, 'critic-1');
    expect(result).toMatchObject({
      case: 'completion',
      value: { servedName: name, adapterSha256: ref.sha256, attempts: 1 },
    });
    expect(engine.loads).toBe(1);
    expect(engine.adapters.get(name)).toBe(join(dir, 'adapters', ref.sha256));
    const canaries = engine.chats.filter(({ logprobs }) => logprobs);
    expect(canaries.map(({ model }) => model).sort()).toEqual(['base', name]);
  });

  it('that change nothing break their revision, which cannot be promoted or called', async () => {
    await open();
    const ref = await storeAdapter('inert');
    engine.inert.add(`team.gen-1.${ref.sha256.slice(0, 12)}`);
    const number = await addRevision(ref);
    expect(await brokenReason(number)).toContain('changes nothing');
    const refused = { reason: 'FAILED_PRECONDITION', message: expect.stringContaining('canary') };
    await expect(world.client.promoteRevision({ society: 'team', number })).rejects.toMatchObject(
      refused,
    );
    await expect(generate(number)).rejects.toMatchObject(refused);
    expect(await generate(1)).toMatchObject({ case: 'completion' });
  });

  it('that engines refuse break their revision, with what the engine says', async () => {
    await open();
    engine.refuseLoad = () => ({ status: 500, message: 'LoRA rank 16 is greater than 8.' });
    const number = await addRevision(await storeAdapter('too-large'));
    expect(await brokenReason(number)).toContain('LoRA rank 16 is greater than 8.');
  }, 10_000);

  it('that an engine refuses which answers nothing else either break nothing', async () => {
    const start = Date.now();
    await open({}, [engine.url], { now: () => start + 20 * (Date.now() - start) });
    let refusals = 0;
    engine.refuseLoad = () => {
      refusals += 1;
      return { status: 500, message: 'EngineCore encountered an issue.' };
    };
    engine.fault = () => ({ kind: 'status', status: 500, body: 'EngineCore' });
    const number = await addRevision(await storeAdapter('good'));
    await vi.waitFor(() => expect(refusals).toBeGreaterThan(3), 5000);
    engine.refuseLoad = () => undefined;
    engine.fault = () => undefined;
    expect(await generate(number)).toMatchObject({ case: 'completion' });
  });

  it('that are damaged or are none break their revision', async () => {
    await open();
    const { uri } = await storeAdapter('damaged');
    const damaged = await addRevision({ uri, sha256: 'f'.repeat(64) });
    expect(await brokenReason(damaged)).toContain('does not have the digest');
    const lost = await addRevision({ uri: 'artifact:adapters/lost', sha256: 'e'.repeat(64) });
    expect(await brokenReason(lost)).toContain('cannot be fetched');
    const outside = await addRevision({ uri: 'artifact:../lost', sha256: 'd'.repeat(64) });
    expect(await brokenReason(outside)).toContain('must be relative');
    const none = await addRevision(await storeAdapter('none', 'readme.txt'));
    expect(await brokenReason(none)).toContain('adapter_config.json');
  });

  it('that do not fit are refused before an engine sees them, with what would be right', async () => {
    await open({ PARLEY_MODELS: join(FIXTURES, 'models'), PARLEY_MAX_LORA_RANK: '4' });
    const fits = await addRevision(await store('fits', join(FIXTURES, 'tiny-lora')));
    expect(await generate(fits)).toMatchObject({ case: 'completion' });
    const misfit = join(dir, 'made', 'misfit');
    await cp(join(FIXTURES, 'tiny-lora'), misfit, { recursive: true });
    const config = await readFile(join(misfit, 'adapter_config.json'), 'utf8');
    await writeFile(join(misfit, 'adapter_config.json'), config.replace('"r": 1', '"r": 8'));
    const ref = await store('misfit', misfit);
    expect(await brokenReason(await addRevision(ref))).toBe(
      `the adapter team.gen-1.${ref.sha256.slice(0, 12)} cannot be served: adapter_config.json: its rank r is 8; PARLEY_MAX_LORA_RANK, which must be the engines' --max-lora-rank, is 4`,
    );
    expect(engine.loads).toBe(1);
  });

  it('of a base whose configuration is missing wait for it, and break nothing', async () => {
    const models = join(dir, 'models');
    await open({ PARLEY_MODELS: models });
    const number = await addRevision(await store('early', join(FIXTURES, 'tiny-lora')));
    await vi.waitFor(async () => expect(await lastError()).toContain('PARLEY_MODELS'));
    await cp(join(FIXTURES, 'models'), models, { recursive: true });
    expect(await generate(number)).toMatchObject({ case: 'completion' });
  });

  it('that cannot be fetched for a while are missing until they can', async () => {
    const { artifacts, away } = await flakyArtifacts();
    await open({}, [engine.url], { artifacts });
    away.add('late');
    const late = await addRevision(await storeAdapter('late'));
    await vi.waitFor(async () => expect(await lastError()).toContain('S3 is away'));
    expect(await missingMetric()).toBe(1);
    away.clear();
    expect(await generate(late)).toMatchObject({ case: 'completion' });
    expect(await missingMetric()).toBe(0);
  });

  it('that cannot be fetched do not take the engine from other calls', async () => {
    const { artifacts, away } = await flakyArtifacts();
    await open({ PARLEY_ENGINE_WAIT_SECONDS: '0.3' }, [engine.url], {
      artifacts,
      probeEveryMs: 60_000,
    });
    away.add('late');
    await addRevision(await storeAdapter('late'));
    await vi.waitFor(async () => expect(await lastError()).toContain('S3 is away'));
    expect(await generate(1)).toMatchObject({ case: 'completion' });
  });

  it('that are slow to come hold up no others', async () => {
    const artifacts = await openArtifacts(`file:${dir}/artifacts`);
    const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>();
    const slow: Artifacts = {
      ...artifacts,
      get: async (ref) => {
        if (ref.uri.includes('slow')) await arrival;
        return artifacts.get(ref);
      },
    };
    await open({}, [engine.url], { artifacts: slow });
    const first = await addRevision(await storeAdapter('slow'));
    const waiting = generate(first);
    const second = await addRevision(await storeAdapter('quick'));
    expect(await generate(second)).toMatchObject({ case: 'completion' });
    expect(engine.loads).toBe(1);
    arrive();
    expect(await waiting).toMatchObject({ case: 'completion' });
  });

  it('of another base are not put on an engine', async () => {
    await open();
    await world.client.createSociety({ name: 'others', base: 'another', agents: 1 });
    await addRevision(await storeAdapter('another'), ['gen-1'], 'others');
    expect(await generate(await addRevision(await storeAdapter('own')))).toMatchObject({
      case: 'completion',
    });
    expect(engine.loads).toBe(1);
    expect(await missingMetric()).toBe(0);
  });

  it('that an engine does not see are an error of the setting, not of the revision', async () => {
    await open();
    engine.refuseLoad = () => ({ status: 404, message: 'No adapter found for <path>' });
    const number = await addRevision(await storeAdapter('unseen'));
    await vi.waitFor(async () => expect(await lastError()).toContain('PARLEY_ADAPTER_DIR'));
    engine.refuseLoad = () => undefined;
    expect(await generate(number)).toMatchObject({ case: 'completion' });
  });

  it('come back to an engine that restarted empty before it is called', async () => {
    await open();
    const number = await addRevision(await storeAdapter('good'));
    await generate(number);
    const port = Number(new URL(engine.url).port);
    await engine.stop();
    engine = await startTestEngine(port);
    expect(await generate(number)).toMatchObject({ case: 'completion' });
    expect(engine.loads).toBe(1);
  });

  it('that an engine has lost without a restart are loaded again for the call', async () => {
    await open();
    const number = await addRevision(await storeAdapter('good'));
    await generate(number);
    engine.adapters.clear();
    expect(await generate(number)).toMatchObject({ case: 'completion' });
    expect(engine.loads).toBe(2);
  });

  it('that an engine holds already are used without another load', async () => {
    await open();
    const number = await addRevision(await storeAdapter('good'));
    await generate(number);
    await vi.waitFor(async () => {
      const { agents = [] } =
        (await world.client.getRevision({ society: 'team', number })).revision ?? {};
      expect(await modelsOf()).toContain(agents[0]?.servedName);
    });
    await world.close(true);
    await open();
    expect(await generate(number)).toMatchObject({ case: 'completion' });
    expect(engine.loads).toBe(1);
  });

  it('are unloaded, least recently used first, when there is no room; the current ones stay', async () => {
    await open({ PARLEY_MAX_ADAPTERS: '2' });
    const refs = await Promise.all(['one', 'two', 'three'].map((name) => storeAdapter(name)));
    const numbers: number[] = [];
    for (const ref of refs) {
      const number = await addRevision(ref);
      numbers.push(number);
      if (number === 2) await world.client.promoteRevision({ society: 'team', number });
      expect(await generate(number)).toMatchObject({ case: 'completion' });
    }
    const [one, , three] = refs.map(({ sha256 }) => `team.gen-1.${sha256.slice(0, 12)}`);
    expect([...engine.adapters.keys()].sort()).toEqual([one, three].sort());
    expect(await generate(numbers[1] ?? 0)).toMatchObject({ case: 'completion' });
    expect(engine.adapters.has(one ?? '')).toBe(true);
  });

  it('are on every engine', async () => {
    const other = await startTestEngine();
    try {
      await open({}, [engine.url, other.url]);
      const ref = await storeAdapter('good');
      await addRevision(ref);
      await vi.waitFor(() => {
        for (const one of [engine, other])
          expect([...one.adapters.values()].map((path) => basename(path))).toEqual([ref.sha256]);
      });
    } finally {
      await other.stop();
    }
  });
});
