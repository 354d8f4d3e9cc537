import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createInference, envToInferenceConfig } from '@parley/inference';
import { createHost } from '@parley/platform';
import { type DnsServer, startDnsServer } from './dns-server.ts';

/**
 * The inference service in front of engines behind a name, in network and mount namespaces of its own: the name
 * server and the engines are its only neighbours, and the resolver of the system asks that name server. Prints what
 * GET /v1/engines shows after each change, one JSON line each.
 * Usage: unshare --map-root-user --net --mount node engine-discovery-world.ts
 */
const ENGINES = ['127.0.1.1', '127.0.1.2'] as const;
const PORT = 8000;
const PATIENCE_MS = 15_000;

type Shown = {
  engines: { url: string; status: string }[];
  names: { engines: number; lastError: string }[];
};

const dir = mkdtempSync(join(tmpdir(), 'parley-names-'));
execFileSync('ip', ['link', 'set', 'lo', 'up']);
writeFileSync(
  join(dir, 'resolv.conf'),
  'nameserver 127.0.0.1\nsearch models.example\noptions timeout:1 attempts:1\n',
);
execFileSync('mount', ['--bind', join(dir, 'resolv.conf'), '/etc/resolv.conf']);
const dns = await startDnsServer('127.0.0.1', 'vllm.models.example');
const engines = await Promise.all(ENGINES.map(startEngine));

const config = envToInferenceConfig({
  PARLEY_ENGINES: `dns+http://vllm:${PORT}`,
  PARLEY_STORE: `sqlite:${dir}/parley.db`,
  PARLEY_EVENTS: `sqlite:${dir}/parley.db`,
  PARLEY_ARTIFACTS: `file:${dir}/artifacts`,
  PARLEY_ADAPTER_DIR: `${dir}/adapters`,
  PARLEY_HTTP_PORT: '0',
  PARLEY_GRPC_PORT: '0',
  PARLEY_ADMIN_PORT: '0',
  PARLEY_LOG_LEVEL: 'silent',
});
const host = await createHost('inference', config);
const service = await createInference(host, config, { probeEveryMs: 50, resolveEveryMs: 50 });
const [first, second] = ENGINES;
dns.says = [first];
await host.start([service]);

await after([first], ({ engines: [one] }) => one?.status === 'up');
await after([first, second], ({ engines: [, two] }) => two?.status === 'up');
await after('fail', ({ names: [name] }) => name?.lastError !== '');
await after([second], ({ engines: all }) => all.length === 1);
await after('silent', ({ names: [name] }) => name?.lastError !== '');
await after([first, second], ({ engines: [, two] }) => two?.status === 'up');
await after([], ({ names: [name] }) => name?.lastError !== '');

await host.stop();
for (const engine of engines) engine.close();
dns.close();
rmSync(dir, { recursive: true });

/** Changes what the name server says, waits until that shows, and prints what is shown then. */
async function after(says: DnsServer['says'], has: (shown: Shown) => boolean): Promise<void> {
  dns.says = says;
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const { body } = await host.http.inject('/v1/engines');
    const shown = JSON.parse(body) as Shown;
    if (has(shown) || performance.now() > until) {
      const urls = shown.engines.map(({ url }) => url).sort();
      const line = { says, urls, error: shown.names[0]?.lastError, asked: [...new Set(dns.asked)] };
      process.stdout.write(`${JSON.stringify(line)}\n`);
      return;
    }
    await delay(10);
  }
}

/** An engine as far as it is looked at. */
async function startEngine(address: string) {
  const server = createServer(({ url }, response) => {
    if (url === '/health') response.end();
    else if (url === '/v1/models') response.end('{"data":[{"id":"base"}]}');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(PORT, address, resolve));
  return server;
}
