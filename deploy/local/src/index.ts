export {
  createDistributed,
  createInfrastructure,
  type Distributed,
  type Infrastructure,
  infrastructureSettings,
} from './distributed.ts';
export { createKafka } from './kafka.ts';
export { createRedis } from './redis.ts';
export { createRedisCluster, type RedisCluster } from './redis-cluster.ts';
export { createRedisSentinel, type RedisSentinel } from './redis-sentinel.ts';
export type { RedisSettings } from './redis-server.ts';
export { createS3, S3_ENVIRONMENT, type S3Server } from './s3.ts';
export type { Server, ServerOptions } from './server.ts';
export { SERVICES, type ServiceName, type ServiceServer } from './service.ts';
