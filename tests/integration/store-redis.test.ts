import { storeContract } from '@parley/platform/testing';
import { inject, it } from 'vitest';
import { checkQueueModel } from './store-queue-model.ts';
import { redisFixture } from './store-redis-fixture.ts';

const { redis } = inject('servers');

storeContract('redis', () => redisFixture(redis));

it('the queue of a redis store does what its model does', async () => {
  await checkQueueModel(() => redisFixture(redis), 100);
}, 60_000);
