import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createKafka } from './kafka.ts';
import { createRedis } from './redis.ts';
import { createRedisCluster } from './redis-cluster.ts';
import { createS3, S3_ENVIRONMENT } from './s3.ts';
import type { Server, ServerOptions } from './server.ts';

/** The servers of `make infra`, by the name of their folder. */
const CREATORS = {
  kafka: createKafka,
  redis: createRedis,
  'redis-cluster': createRedisCluster,
  s3: createS3,
} as const satisfies Record<string, (options: ServerOptions) => Promise<Server>>;
type Name = keyof typeof CREATORS;

/** One server of `make infra` as it is now. */
export type InfraServer = { name: Name; server: Server };

/** Settings by which Parley uses the servers, as variables of the environment. */
export type InfraSettings = Readonly<Record<string, string>>;

/**
 * Starts Kafka, S3 and Redis, or a Redis Cluster in its place, detached, with their data under `dir`;
 * leaves alone what runs.
 * @param onStarted is told of each server, and whether it ran before.
 * @throws ParleyError of the first server that does not start.
 */
export async function startInfra(
  dir: string,
  options: { cluster: boolean },
  onStarted: (started: InfraServer & { before: boolean }) => void,
): Promise<InfraSettings> {
  const store = options.cluster ? 'redis-cluster' : 'redis';
  const names = ['kafka', store, 's3'] as const;
  const [kafka, redis, s3] = await Promise.all(
    names.map(async (name) => {
      const server = await createDetached(dir, name);
      const before = server.pid !== undefined;
      await server.start();
      onStarted({ name, server, before });
      return server;
    }),
  );
  return {
    PARLEY_STORE: (redis as Server).url,
    PARLEY_EVENTS: (kafka as Server).url,
    PARLEY_ARTIFACTS: (s3 as Server).url,
    ...S3_ENVIRONMENT,
  };
}

/** Stops what runs of the servers under `dir`; their data stays. Returns what was stopped. */
export async function stopInfra(dir: string): Promise<Name[]> {
  const running = (await findInfra(dir)).filter(({ server }) => server.pid !== undefined);
  await Promise.all(running.map(({ server }) => server.stop()));
  return running.map(({ name }) => name);
}

/** The servers that have been started under `dir` at some time, running or not. */
export async function findInfra(dir: string): Promise<InfraServer[]> {
  const names = (Object.keys(CREATORS) as Name[]).filter((name) => existsSync(join(dir, name)));
  return Promise.all(
    names.map(async (name) => ({ name, server: await createDetached(dir, name) })),
  );
}

function createDetached(dir: string, name: Name): Promise<Server> {
  return CREATORS[name]({ dir: join(dir, name), detached: true });
}
