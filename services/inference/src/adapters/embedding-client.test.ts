import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine } from '../testing/engine.ts';
import { createEmbeddingClient, type EmbeddingClient } from './embedding-client.ts';

let server: TestEngine;
let client: EmbeddingClient;

beforeEach(async () => {
  server = await startTestEngine();
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

function embed(url: string): Promise<number[][]> {
  client = createEmbeddingClient({ url, model: 'embed', apiKey: 'wrong', timeoutMs: 1000 });
  return client.embed(['a'], new AbortController().signal);
}

describe('an embedding server', () => {
  it('that only generates is the wrong one, which the message says', async () => {
    const url = `${server.url}/generating`;
    await expect(embed(url)).rejects.toMatchObject({
      reason: 'NOT_CONFIGURED',
      message: `engine ${url} answered 404: Not Found; PARLEY_EMBEDDING_URL must be a server that embeds`,
    });
  });

  it('that refuses the key has the message name its setting', async () => {
    server.apiKey = 'right';
    await expect(embed(server.url)).rejects.toMatchObject({
      reason: 'NOT_CONFIGURED',
      message: `engine ${server.url} answered 401: Unauthorized; PARLEY_EMBEDDING_API_KEY must be its key`,
    });
  });
});
