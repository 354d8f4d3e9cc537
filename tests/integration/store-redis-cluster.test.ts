import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedisCluster, type RedisCluster } from '@parley/local';
import { storeContract } from '@parley/platform/testing';
import { afterAll, beforeAll } from 'vitest';
import { redisFixture } from './store-redis-fixture.ts';

let folder = '';
let cluster: RedisCluster | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-cluster-'));
  cluster = await createRedisCluster({ dir: folder });
  await cluster.start();
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

storeContract('redis cluster', () => redisFixture(cluster?.url ?? ''));
