import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { seededRandom } from '@parley/platform';
import { Agent } from 'undici';

/** Several engines behind one URL, as a load balancer that knows nothing of them would put them there. */
export type RandomEngine = { url: string; close(): Promise<void> };

/** Starts one: every POST goes to an engine drawn at random, and everything else to the first. */
export async function startRandomEngine(urls: readonly string[]): Promise<RandomEngine> {
  const agent = new Agent({ connections: 256, headersTimeout: 0, bodyTimeout: 0 });
  const random = seededRandom(1);

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const drawn = request.method === 'POST' ? Math.floor(random() * urls.length) : 0;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const answer = await agent.request({
      origin: urls[drawn] ?? '',
      path: request.url ?? '/',
      method: request.method as 'GET' | 'POST',
      headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
      body: request.method === 'POST' ? request : null,
      signal: gone.signal,
    });
    const { 'content-type': type = 'application/json' } = answer.headers;
    response.writeHead(answer.statusCode, { 'content-type': String(type) });
    await pipeline(answer.body, response);
  }

  const server = createServer((request, response) => {
    forward(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await agent.destroy();
    },
  };
}
