import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafka, createRedis, createS3, S3_ENVIRONMENT } from '@parley/local';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The urls of the servers that all integration tests share; each test uses names of its own in them. */
    servers: { kafka: string; redis: string; s3: string; s3Environment: typeof S3_ENVIRONMENT };
  }
}

/**
 * Starts one Kafka, one Redis and one S3 for all integration tests of a run, and puts the credentials of S3
 * into the environment of the tests. They and their data are gone afterwards.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-servers-'));
  const servers = await Promise.all([
    createKafka({ dir: join(dir, 'kafka') }),
    createRedis({ dir: join(dir, 'redis') }),
    createS3({ dir: join(dir, 's3') }),
  ]);
  async function release(): Promise<void> {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(dir, { recursive: true });
  }
  try {
    await Promise.all(servers.map((server) => server.start()));
  } catch (thrown) {
    await release();
    throw thrown;
  }
  const [kafka, redis, s3] = servers;
  project.provide('servers', {
    kafka: kafka.url,
    redis: redis.url,
    s3: s3.url,
    s3Environment: S3_ENVIRONMENT,
  });
  project.config.env = { ...project.config.env, ...S3_ENVIRONMENT };
  return release;
}
