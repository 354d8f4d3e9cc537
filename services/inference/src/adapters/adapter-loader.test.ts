import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ArtifactRef, openArtifacts, putFolder } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestEngine, type TestEngine } from '../testing/engine.ts';
import { startWorld, type World } from '../testing/world.ts';

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

async function open(settings: Record<string, string> = {}, urls = [engine.url]): Promise<void> {
  world = await startWorld(urls, { PARLEY_ENGINE_WAIT_SECONDS: '5', ...settings }, { dir });
  await world.client.createSociety({ name: 'team', base: 'base', agents: 1 });
}

/** Stores an adapter; its files are whatever the name says. */
async function storeAdapter(name: string, file = 'adapter_config.json'): Promise<ArtifactRef> {
  const artifacts = await openArtifacts(`file:${dir}/artifacts`);
  const folder = join(dir, 'made', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), name);
  return putFolder(artifacts, `adapters/${name}`, folder);
}

async function addRevision(ref: ArtifactRef, seats = ['gen-1']): Promise<number> {
  const { revision } = await world.client.addRevision({
    society: 'team',
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

  it('that are damaged or are none break their revision', async () => {
    await open();
    const { uri } = await storeAdapter('damaged');
    const damaged = await addRevision({ uri, sha256: 'f'.repeat(64) });
    expect(await brokenReason(damaged)).toContain('does not have the digest');
    const lost = await addRevision({ uri: 'artifact:adapters/lost', sha256: 'e'.repeat(64) });
    expect(await brokenReason(lost)).toContain('cannot be fetched');
    engine.refuseLoad = () => ({ status: 404, message: 'No adapter found for <path>' });
    const none = await addRevision(await storeAdapter('none', 'readme.txt'));
    expect(await brokenReason(none)).toContain('adapter_config.json');
  });

  it('that an engine does not see are an error of the setting, not of the revision', async () => {
    await open();
    engine.refuseLoad = () => ({ status: 404, message: 'No adapter found for <path>' });
    const number = await addRevision(await storeAdapter('unseen'));
    await vi.waitFor(async () => {
      const { engines } = await world.client.listEngines({});
      expect(engines[0]?.lastError).toContain('PARLEY_ADAPTER_DIR');
    });
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
