import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Environment, ParleyError } from '@parley/platform';
import { keptPorts } from './ports.ts';
import { createServer, type Server } from './server.ts';

/** Parley's services, in the order in which they can be started. */
export const SERVICES = ['voting', 'inference', 'dataset', 'debate', 'finetune'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** A process of one service. Its `url` is that of its REST. */
export type ServiceServer = Server & {
  readonly service: ServiceName;
  readonly addresses: { http: string; grpc: string; admin: string };
};

const PROBE_MS = 2_000;

/**
 * A service as a process of its own on loopback, configured by `settings`; its ports are chosen once.
 * @param options.settings variables by name; read anew at every start.
 */
export async function createService(
  service: ServiceName,
  options: { dir: string; settings: () => Environment },
): Promise<ServiceServer> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  const [http, grpc, admin] = (await keptPorts(dir, 3)).ports as [number, number, number];
  const addresses = {
    http: `http://127.0.0.1:${http}`,
    grpc: `127.0.0.1:${grpc}`,
    admin: `http://127.0.0.1:${admin}`,
  };
  const file = join(dir, 'service.env');
  const main = fileURLToPath(import.meta.resolve(`@parley/${service}/main`));
  const server = await createServer(
    {
      name: service,
      ports: 3,
      url: () => addresses.http,
      async prepare() {
        const own = {
          PARLEY_HTTP_PORT: String(http),
          PARLEY_GRPC_PORT: String(grpc),
          PARLEY_ADMIN_PORT: String(admin),
        };
        writeFileSync(file, envFile({ ...options.settings(), ...own }), { mode: 0o600 });
        return [
          process.execPath,
          '--disable-warning=ExperimentalWarning',
          `--env-file=${file}`,
          main,
        ];
      },
      async probe() {
        const url = `${addresses.admin}/readyz`;
        const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
        if (!answer.ok) throw new ParleyError('UNAVAILABLE', `${url}: ${await answer.text()}`);
        await answer.body?.cancel();
      },
    },
    { dir },
  );
  return Object.defineProperties(server, {
    service: { value: service },
    addresses: { value: addresses },
  }) as ServiceServer;
}

/** Variables as Node's --env-file reads them; what the process inherits is stronger. */
function envFile(settings: Environment): string {
  const lines = Object.entries(settings).map(([name, value = '']) => {
    const quote = ["'", '"', '`'].find((mark) => !value.includes(mark));
    if (quote === undefined || value.includes('\n'))
      throw new ParleyError('INVALID_ARGUMENT', `${name} cannot be written to a file of variables`);
    return `${name}=${quote}${value}${quote}\n`;
  });
  return lines.join('');
}
