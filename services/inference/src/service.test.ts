import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArtifacts, putFolder } from '@parley/platform';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startTestEngine, type TestEngine } from './testing/engine.ts';
import { startWorld, type World } from './testing/world.ts';

let dir: string;
let engine: TestEngine;
const worlds: World[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-inference-'));
  engine = await startTestEngine();
});

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close(true);
  await engine.stop();
  await rm(dir, { recursive: true });
});

async function start(): Promise<World> {
  const world = await startWorld([engine.url], {}, { dir });
  worlds.push(world);
  return world;
}

const request = {
  society: 'team',
  calls: [
    {
      id: 'a',
      seat: 'gen-1',
      messages: [{ role: 'user', content: 'hello' }],
      sampling: { temperature: 1, topP: 1, maxTokens: 8 },
    },
  ],
};

it('keeps societies over a restart', async () => {
  const before = await start();
  await before.client.createSociety({ name: 'team', base: 'base', agents: 2 });
  await before.close(true);
  worlds.splice(0);
  const { society } = await (await start()).client.getSociety({ name: 'team' });
  expect(society).toMatchObject({ name: 'team', agents: 2, currentRevision: 1 });
});

it('tells other replicas of changes', async () => {
  const [one, other] = [await start(), await start()];
  await one.client.createSociety({ name: 'team', base: 'base' });
  for await (const { result } of other.client.generate(request))
    expect(result.case).toBe('completion');
  const artifacts = await openArtifacts(`file:${dir}/artifacts`);
  await mkdir(join(dir, 'made'));
  await writeFile(join(dir, 'made', 'adapter_config.json'), '{"peft_type":"ANY"}');
  const { uri, sha256 } = await putFolder(artifacts, 'adapters/a', join(dir, 'made'));
  const agents = [{ seat: 'gen-1', adapterUri: uri, adapterSha256: sha256 }];
  await one.client.addRevision({ society: 'team', requestId: 'r', agents });
  await one.client.promoteRevision({ society: 'team', number: 2 });
  await vi.waitFor(async () => {
    for await (const { result } of other.client.generate(request))
      expect(result.value).toMatchObject({ adapterSha256: sha256 });
  });
});

it('lets calls in flight end when it stops, and takes no more', async () => {
  const world = await start();
  await world.client.createSociety({ name: 'team', base: 'base' });
  engine.delayMs = 200;
  const results: unknown[] = [];
  const generation = (async () => {
    for await (const { result } of world.client.generate(request)) results.push(result.case);
  })();
  await vi.waitFor(() => expect(engine.running).toBe(1));
  const stopped = world.host.stop();
  await generation;
  expect(results).toEqual(['completion']);
  await stopped;
});

it('shows its metrics', async () => {
  const world = await start();
  await world.client.createSociety({ name: 'team', base: 'base' });
  for await (const { result } of world.client.generate({ ...request, priority: 'batch' }))
    expect(result.case).toBe('completion');
  const text = await (await fetch(`${world.addresses.admin}/metrics`)).text();
  expect(text).toContain('parley_generations_total{outcome="completed",priority="batch"} 1');
  expect(text).toContain('parley_generation_seconds_count 1');
  expect(text).toContain('parley_tokens_total{kind="prompt"} 5');
  expect(text).toContain(`parley_engine_up{engine="${engine.url}"} 1`);
  expect(text).toContain(`parley_engine_in_flight{engine="${engine.url}"} 0`);
  expect(text).toContain(`parley_adapters_missing{engine="${engine.url}"} 0`);
  expect(text).toContain('parley_engine_queue_depth{priority="interactive"} 0');
  expect(text).toContain('parley_engine_retries_total 0');
});
