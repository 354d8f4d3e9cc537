import { join } from 'node:path';
import type { Environment } from '@parley/platform';
import {
  createDistributed,
  createInfrastructure,
  type Distributed,
  infrastructureSettings,
} from './distributed.ts';

/**
 * Kafka, Redis, S3 and the services, all on free ports of loopback; they end with this process.
 * @param dir keeps all state: the same folder continues.
 * @param environment settings of the services besides, such as their engines.
 */
export async function startDistributed(
  dir: string,
  environment: Environment,
): Promise<{ distributed: Distributed; stop(): Promise<void> }> {
  const infrastructure = await createInfrastructure(join(dir, 'infrastructure'));
  const servers = Object.values(infrastructure);
  await Promise.all(servers.map((server) => server.start()));
  const distributed = await createDistributed({
    dir: join(dir, 'services'),
    settings: { ...infrastructureSettings(infrastructure), ...environment },
  });
  await distributed.start();
  return {
    distributed,
    async stop() {
      await distributed.stop();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
