import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArtifacts, putFolder } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestEngine, type TestEngine } from './testing/engine.ts';
import { startWorld, type World } from './testing/world.ts';

/** How much faster than the wall clock the service's goes, so that refused loads are soon repeated. */
const HURRY = 30;

let dir: string;
let engine: TestEngine;
let world: World;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-engine-faults-'));
  engine = await startTestEngine();
});

afterEach(async () => {
  await world.close();
  await engine.stop();
  await rm(dir, { recursive: true, force: true });
});

async function open(settings: Record<string, string> = {}): Promise<void> {
  const start = Date.now();
  const now = () => start + (Date.now() - start) * HURRY;
  world = await startWorld([engine.url], settings, { dir, now });
  await world.client.createSociety({ name: 'team', base: 'base', agents: 1 });
}

/** Adds a revision with an adapter of a type that is left to the engine to judge. */
async function addRevision(name: string): Promise<number> {
  const folder = join(dir, 'made', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify({ peft_type: 'ANY', name }));
  const artifacts = await openArtifacts(`file:${dir}/artifacts`);
  const { uri, sha256 } = await putFolder(artifacts, `adapters/${name}`, folder);
  const { revision } = await world.client.addRevision({
    society: 'team',
    requestId: name,
    agents: [{ seat: 'gen-1', adapterUri: uri, adapterSha256: sha256 }],
  });
  return revision?.number ?? 0;
}

async function failureOf(revision: number): Promise<{ reason: string; message: string }> {
  const calls = [{ id: 'a', seat: 'gen-1', messages: [{ role: 'user', content: 'hello' }] }];
  for await (const { result } of world.client.generate({ society: 'team', revision, calls })) {
    if (result.case !== 'failure') return expect.fail(`got a ${result.case}`);
    const { reason, message } = result.value;
    return { reason, message: message.replaceAll(engine.url, 'ENGINE') };
  }
  return expect.fail('got nothing');
}

const worker = (said: string) =>
  `Call to add_lora method failed: Worker failed with error '${said}', please check the stack trace above for the root cause`;

describe('an adapter that the engine refuses', () => {
  it.each([
    ['of too high a rank', worker('LoRA rank 32 is greater than max_lora_rank 16.')],
    ['that is truncated', worker('Error while deserializing header: incomplete metadata')],
    ['without weights', worker("<path> doesn't contain tensors")],
    ['of a kind that it does not know', worker('vLLM does not yet support DoRA.')],
  ])('%s fails the calls that wait for it with what the engine says', async (_, message) => {
    await open({ PARLEY_ENGINE_WAIT_SECONDS: '10' });
    engine.refuseLoad = () => ({ status: 500, message });
    const number = await addRevision('refused');
    const failure = await failureOf(number);
    expect(failure.reason).toBe('FAILED_PRECONDITION');
    expect(failure.message).toMatch(/^engines refuse the adapter team\.gen-1\.[0-9a-f]{12}: /);
    expect(failure.message).toContain(message);
    const { revision } = await world.client.getRevision({ society: 'team', number });
    expect(revision?.broken).toContain(message);
  });

  it('because it does not see it leaves the revision as it is, and names the setting', async () => {
    await open({ PARLEY_ENGINE_WAIT_SECONDS: '0.5' });
    engine.refuseLoad = () => ({
      status: 404,
      message: 'Loading lora team failed: No adapter found for <path>',
    });
    const number = await addRevision('unseen');
    await vi.waitFor(async () => {
      const { reason, message } = await failureOf(number);
      expect(reason).toBe('ENGINE_UNAVAILABLE');
      expect(message).toContain('PARLEY_ADAPTER_DIR');
    });
    const { revision } = await world.client.getRevision({ society: 'team', number });
    expect(revision?.broken).toBe('');
  });
});

describe('an adapter for which there is no room', () => {
  it('fails its calls with the setting and how many are in use', async () => {
    await open({ PARLEY_MAX_ADAPTERS: '1' });
    const current = await addRevision('current');
    await vi.waitFor(() => expect(engine.adapters.size).toBe(1));
    await vi.waitFor(() => world.client.promoteRevision({ society: 'team', number: current }));
    const more = await addRevision('more');
    const { reason, message } = await failureOf(more);
    expect(reason).toBe('ENGINE_UNAVAILABLE');
    expect(message).toContain('2 adapters are in use and PARLEY_MAX_ADAPTERS is 1');
    expect(engine.adapters.size).toBe(1);
  });
});
