import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EnginePool } from './engine-pool.ts';

/** Waits for a condition; the machine may be busy. */
function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, 10_000);
}

const CAP = 100;
let metrics: { status: number; text: string };
let looks: number;
let pool: EnginePool;

const server = createServer(({ url }, response) => {
  if (url === '/metrics') {
    looks += 1;
    response.writeHead(metrics.status).end(metrics.text);
  } else response.end(url === '/v1/models' ? '{"data":[{"id":"base"}]}' : '');
});

beforeEach(async () => {
  looks = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  pool = new EnginePool({
    sources: [`http://127.0.0.1:${port}`],
    cap: CAP,
    apiKey: '',
    timeoutMs: 1000,
    probeEveryMs: 10,
    resolveEveryMs: 1000,
    onName: () => {},
  });
});

afterEach(async () => {
  await pool.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function says(running: number, waiting: number, kv = 0, prefixes = 'True'): void {
  const text = `
vllm:num_requests_running{engine="0"} ${running}
vllm:num_requests_waiting{engine="0"} ${waiting}
vllm:kv_cache_usage_perc{engine="0"} ${kv}
vllm:cache_config_info{enable_prefix_caching="${prefixes}"} 1.0
`;
  metrics = { status: 200, text };
}

/** The engine after three more looks. */
async function seen() {
  const before = looks;
  await eventually(() => expect(looks).toBeGreaterThan(before + 3));
  return pool.engines[0];
}

describe('an engine of the pool', () => {
  it('has its load, KV cache and prefix cache taken from its metrics', async () => {
    says(10, 3, 0.5);
    await pool.start();
    expect(await seen()).toMatchObject({ up: true, elsewhere: 13, kvCacheUsage: 0.5 });
    expect(pool.engines[0]?.target).toBe(10 + 2);
    expect(pool.engines[0]?.cachesPrefixes).toBe(true);
    says(10, 3, 0.95, 'False');
    expect(await seen()).toMatchObject({ kvCacheUsage: 0.95, cachesPrefixes: false });
  });

  it('is held by the cap alone when its metrics are not those of vLLM', async () => {
    metrics = { status: 404, text: 'none' };
    await pool.start();
    expect(await seen()).toMatchObject({ up: true, target: CAP, elsewhere: 0 });
  });

  it('stays as it was seen when its metrics fail once', async () => {
    says(16, 40);
    await pool.start();
    const engine = await seen();
    const { target } = engine ?? {};
    expect(target).toBeLessThan(64);
    metrics = { status: 500, text: '' };
    expect(await seen()).toMatchObject({ up: true, elsewhere: 56, target });
  });
});
