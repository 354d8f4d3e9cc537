import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import {
  createDistributed,
  createInfrastructure,
  type Distributed,
  type Infrastructure,
  infrastructureSettings,
  type ServiceName,
} from '@parley/local';
import type { Environment } from '@parley/platform';
import { developmentEnvironment, startEngine } from '@parley/suite';
import { type CountingEngine, startCountingEngine } from './counting-engine.ts';

/** Parley in processes of its own on real servers, with an engine that counts. */
export type World = {
  dir: string;
  infrastructure: Infrastructure;
  distributed: Distributed;
  engine: CountingEngine;
  /**
   * A REST call, made again, at the next replica, while its server is away, answers 503 or is too slow: for up to
   * two minutes. Everything called by it is idempotent.
   */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every route
  ): Promise<any>;
  /** What the services have logged of these, and the last warnings of each service. */
  said(ids: readonly string[]): Promise<string[]>;
  close(): Promise<void>;
};

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the long form of the chaos tests was asked for. */
    long: boolean;
  }
}

/** Two replicas of every service. */
export const TWO_OF_EACH = { voting: 2, inference: 2, dataset: 2, debate: 2, finetune: 2 };

const ENGINE_MS = 20;
const PATIENCE_MS = 120_000;
const CALL_MS = 20_000;
const LAST_LINES = 5;
const LINE_LENGTH = 400;

/**
 * Starts everything on free ports.
 * @param options.replicas processes per service.
 * @param options.engineMs how long every call takes, 20 ms by default.
 * @param options.settings what the services have besides.
 * @param options.own what single replicas have besides, by names such as `debate-1`.
 * @param options.infrastructure makes the servers, Kafka, Redis and S3 by default.
 */
export async function startWorld(
  options: {
    replicas?: Partial<Record<ServiceName, number>>;
    engineMs?: number;
    settings?: (infrastructure: Infrastructure) => Environment;
    own?: (infrastructure: Infrastructure) => Promise<Record<string, Environment>>;
    infrastructure?: (dir: string) => Promise<Infrastructure>;
  } = {},
): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-chaos-'));
  const infrastructure = await (options.infrastructure ?? createInfrastructure)(
    join(dir, 'servers'),
  );
  const servers = Object.values(infrastructure);
  await Promise.all(servers.map((server) => server.start()));
  const real = await startEngine();
  const engine = await startCountingEngine(real.url, options.engineMs ?? ENGINE_MS);
  const distributed = await createDistributed({
    dir: join(dir, 'services'),
    ...(options.replicas ? { replicas: options.replicas } : {}),
    ...(options.own ? { own: await options.own(infrastructure) } : {}),
    settings: {
      ...infrastructureSettings(infrastructure),
      ...developmentEnvironment({ ...real, url: engine.url }),
      PARLEY_LOG_LEVEL: 'warn',
      ...options.settings?.(infrastructure),
    },
  });
  await distributed.start();

  let turn = 0;
  async function once(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Response | undefined> {
    const addresses = distributed.rest(path);
    const address = addresses[turn++ % addresses.length];
    try {
      const response = await fetch(`${address}${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(CALL_MS),
      });
      return response.status === 503 || response.status === 429 ? undefined : response;
    } catch {
      return undefined;
    }
  }

  return {
    dir,
    infrastructure,
    distributed,
    engine,
    async call(method, path, body, headers = {}) {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const response = await once(method, path, body, headers);
        if (response !== undefined) {
          const answer = await response.json();
          if (response.ok) return answer;
          throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
        }
        if (performance.now() > deadline)
          throw new Error(`${method} ${path}: no answer in ${PATIENCE_MS / 1000} s`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    async said(ids) {
      const files = await Array.fromAsync(glob(join(dir, 'services', '**', '*.log')));
      const lines = await Promise.all(
        files.map(async (file) => {
          const all = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
          const about = all.filter((line) => ids.some((id) => line.includes(id)));
          return [...new Set([...about, ...all.slice(-LAST_LINES)])].map(
            (line) => `${basename(dirname(file))}: ${line.slice(0, LINE_LENGTH)}`,
          );
        }),
      );
      return lines.flat();
    },
    async close() {
      await distributed.stop();
      await engine.close();
      await real.stop();
      await Promise.all(servers.map((server) => server.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Says what a test has checked, and how much of it there was. */
export function report(what: string, counts: Record<string, number | string>): void {
  const list = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(`chaos: ${what}: ${list.join(', ')}\n`);
}
