import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdapterFetcherClient, createAdapterFetcherClient } from './adapter-fetcher-client.ts';

const REF = { uri: 'artifact:adapters/a', sha256: 'a'.repeat(64) };
/** An engine on the fetcher's host; only its host matters. */
const ENGINE = 'http://127.0.0.1:9/vllm';

let server: Server;
let answer: RequestListener;
let client: AdapterFetcherClient;

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  client = createAdapterFetcherClient((server.address() as AddressInfo).port);
});

afterEach(async () => {
  await client.close();
  await new Promise((closed) => {
    server.close(closed);
    server.closeAllConnections();
  });
});

function says(status: number, body: string): void {
  answer = (_, response) => response.writeHead(status).end(body);
}

describe('the client of fetchers', () => {
  it('asks the fetcher on the host of the engine', async () => {
    const asked: (string | undefined)[] = [];
    answer = (request, response) => {
      asked.push(request.method, request.url);
      request.on('data', (piece) => asked.push(String(piece)));
      request.on('end', () => response.end('{"path":"/adapters/aa"}'));
    };
    expect(await client.fetch(ENGINE, REF)).toBe('/adapters/aa');
    expect(asked).toEqual(['PUT', `/adapters/${REF.sha256}`, `{"uri":"${REF.uri}"}`]);
  });

  it.each<[string, number, string, string, string]>([
    [
      'a problem',
      500,
      '{"reason":"DATA_CORRUPT","detail":"no such digest"}',
      'DATA_CORRUPT',
      'answered 500 for artifact:adapters/a: no such digest',
    ],
    ['an unknown reason', 418, '{"reason":"TEAPOT","detail":"tea"}', 'UNAVAILABLE', 'tea'],
    ['HTML', 502, '<html>Bad Gateway</html>', 'UNAVAILABLE', '502 for artifact:adapters/a: <html>'],
    ['no path', 200, '{}', 'UNAVAILABLE', 'answered 200'],
    ['no JSON', 200, '', 'UNAVAILABLE', 'answered 200'],
  ])('tells of %s', async (_, status, body, reason, message) => {
    says(status, body);
    await expect(client.fetch(ENGINE, REF)).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(message),
    });
  });

  it('tells that the fetcher cut the connection', async () => {
    answer = (request) => request.socket.destroy();
    await expect(client.fetch(ENGINE, REF)).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: expect.stringContaining('PARLEY_ADAPTER_FETCHER_PORT'),
    });
  });

  it('breaks off what it waits for when it is closed', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    answer = () => resolve();
    const refused = expect(client.fetch(ENGINE, REF)).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: 'the service is shutting down',
    });
    await asked;
    await client.close();
    await refused;
  });
});
