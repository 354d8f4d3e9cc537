import { resolve } from 'node:path';
import { type RedisSettings, redisProgram } from './redis-server.ts';
import { createServer, type Server, type ServerOptions } from './server.ts';

/**
 * A Redis that writes its append-only file every second and never evicts.
 */
export async function createRedis(
  options: ServerOptions & { settings?: RedisSettings },
): Promise<Server> {
  const dir = resolve(options.dir);
  const program = redisProgram(dir, options.settings ?? {});
  return createServer(program, options);
}
