import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { ParleyError } from '@parley/platform';
import { Redis } from 'ioredis';
import { installRedis } from './install.ts';
import type { Program } from './server.ts';

/** Settings of redis.conf by name, such as `{ maxmemory: '64mb' }`. */
export type RedisSettings = Readonly<Record<string, string>>;

const DEFAULTS: RedisSettings = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  'maxmemory-policy': 'noeviction',
  save: '',
  'repl-diskless-sync-delay': '0',
};
const PROBE_MS = 1_000;

/**
 * A Redis in a folder: its first port is that of clients. What Redis itself rewrites (its master, the
 * sentinels it knows) stands in redis.conf; the settings here take precedence over it.
 */
export function redisProgram(
  dir: string,
  settings: RedisSettings,
  further: (ports: readonly number[]) => RedisSettings = () => ({}),
  ports = 1,
): Program {
  return {
    name: 'redis',
    // While it writes its first append-only file.
    forgetful: true,
    ports,
    url: ([port]) => `redis://127.0.0.1:${port}`,
    prepare: async (chosen) => {
      appendFileSync(redisConfig(dir), '');
      return [
        ...(await redisCommand(dir, chosen[0] as number)),
        ...asArguments({ ...DEFAULTS, ...settings, ...further(chosen) }),
      ];
    },
    probe: ([port], pid) => probeRedis(port as number, pid),
  };
}

/** The command of anything that `redis-server` is; it keeps its command line, by which it is known. */
export async function redisCommand(dir: string, port: number): Promise<string[]> {
  const binary = await installRedis();
  const settings = { port: String(port), bind: '127.0.0.1', dir, 'set-proc-title': 'no' };
  return [binary, redisConfig(dir), ...asArguments(settings)];
}

/** The file that Redis is given and rewrites. */
export function redisConfig(dir: string): string {
  return join(dir, 'redis.conf');
}

function asArguments(settings: RedisSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Resolves when the process `pid` answers on a port and has loaded its data; rejects otherwise. */
export async function probeRedis(port: number, pid: number): Promise<void> {
  await withRedis(port, async (redis) => {
    await redis.ping();
    const answering = /process_id:(\d+)/.exec(await redis.info('server'))?.[1];
    if (answering !== String(pid))
      throw new ParleyError('UNAVAILABLE', `port ${port} is answered by process ${answering}`);
  });
}

/** Asks the Redis on a port, once: no call is repeated, none waits longer than a second. */
export async function withRedis<T>(port: number, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(port, '127.0.0.1', {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: PROBE_MS,
    commandTimeout: PROBE_MS,
    enableReadyCheck: false,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

/** The port in the url of a local Redis. */
export function portOf({ url }: { url: string }): number {
  return Number(new URL(url).port);
}

/** A value of an answer to INFO or CLUSTER INFO; undefined when it holds none of that name. */
export function infoValue(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}
