import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine } from '../testing/engine.ts';
import { startWorld, type World } from '../testing/world.ts';

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

const item = (content: string, answer: string) => ({
  messages: [{ role: 'user', content }],
  answer,
});

describe('Score', () => {
  it("adds the answer's log-probabilities, asking for each question's length once", async () => {
    await open();
    const items = [item('1+1?', '2'), item('1+1?', '3'), item('2+2?', '4')];
    const { scores } = await world.client.score({ society: 'team', seat: 'gen-1', items });
    const score = { tokens: 4, logProbability: -(5 + 6 + 7 + 8) / 8 };
    expect(scores).toEqual(Array.from({ length: 3 }, () => expect.objectContaining(score)));
    expect(engine.chats).toHaveLength(5);
  });

  it('repeats what fails and says what is refused', async () => {
    await open();
    engine.fault = (_, nth) =>
      nth === 1 ? { kind: 'status', status: 503, body: '{}' } : undefined;
    const request = { society: 'team', seat: 'base', items: [item('1+1?', '2')] };
    expect((await world.client.score(request)).scores).toHaveLength(1);
    engine.fault = () => ({
      kind: 'status',
      status: 400,
      body: '{"error":{"message":"too long"}}',
    });
    await expect(world.client.score(request)).rejects.toMatchObject({
      reason: 'ENGINE_REFUSED',
      message: expect.stringContaining('too long'),
    });
  });

  it('refuses unknown seats and empty requests', async () => {
    await open();
    await expect(
      world.client.score({ society: 'team', seat: 'gen-2', items: [item('a', 'b')] }),
    ).rejects.toMatchObject({ field: 'seat' });
    await expect(world.client.score({ society: 'team', seat: 'gen-1' })).rejects.toMatchObject({
      field: 'items',
    });
  });
});

describe('Embed', () => {
  it('gives unit vectors in the order of the texts', async () => {
    await open({ PARLEY_EMBEDDING_URL: engine.url, PARLEY_EMBEDDING_MODEL: 'embed' });
    const texts = Array.from({ length: 130 }, (_, index) => 'x'.repeat(index));
    const { embeddings } = await world.client.embed({ texts });
    expect(embeddings).toHaveLength(130);
    for (const [index, { values }] of embeddings.entries()) {
      const length = Math.hypot(index, 1, 2);
      expect(values[0]).toBeCloseTo(index / length, 6);
      expect(Math.hypot(...values)).toBeCloseTo(1, 6);
    }
  });

  it.each([
    ['PARLEY_EMBEDDING_URL', {}],
    ['PARLEY_EMBEDDING_MODEL', { PARLEY_EMBEDDING_URL: 'http://127.0.0.1:9' }],
  ])('says that %s is missing', async (setting, settings) => {
    await open(settings);
    await expect(world.client.embed({ texts: ['a'] })).rejects.toMatchObject({
      reason: 'NOT_CONFIGURED',
      message: expect.stringContaining(setting),
    });
  });

  it('says that the embedding server cannot be reached', async () => {
    await open({ PARLEY_EMBEDDING_URL: 'http://127.0.0.1:9', PARLEY_EMBEDDING_MODEL: 'embed' });
    await expect(world.client.embed({ texts: ['a'] })).rejects.toMatchObject({
      reason: 'ENGINE_UNAVAILABLE',
    });
  });
});
