import { join } from 'node:path';
import { developmentEnvironment, startEngine } from '@parley/suite';
import {
  createDistributed,
  createInfrastructure,
  type Distributed,
  infrastructureSettings,
} from './distributed.ts';

/**
 * Kafka, Redis, S3, a development engine and the services, all on free ports of loopback; they end with this
 * process.
 * @param dir keeps all state: the same folder continues.
 */
export async function startDistributed(
  dir: string,
): Promise<{ distributed: Distributed; engine: string; stop(): Promise<void> }> {
  const infrastructure = await createInfrastructure(join(dir, 'infrastructure'));
  const servers = Object.values(infrastructure);
  await Promise.all(servers.map((server) => server.start()));
  const engine = await startEngine();
  const distributed = await createDistributed({
    dir: join(dir, 'services'),
    settings: { ...infrastructureSettings(infrastructure), ...developmentEnvironment(engine) },
  });
  await distributed.start();
  return {
    distributed,
    engine: engine.url,
    async stop() {
      await distributed.stop();
      await engine.stop();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
