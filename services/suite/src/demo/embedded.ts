import { join } from 'node:path';
import { createLog } from '@parley/platform';
import { developmentEnvironment } from '../development.ts';
import { startEngine } from '../engine-process.ts';
import { createSuite } from '../suite.ts';
import type { Deployment } from './run.ts';

/** The suite in this process on the embedded adapters, with a development engine; `data` keeps its state. */
export async function deployEmbedded(data: string): Promise<Deployment> {
  const engine = await startEngine();
  const log = createLog({ level: 'info', service: 'suite', file: join(data, 'log.jsonl') });
  const suite = await createSuite(
    {
      ...developmentEnvironment(engine),
      PARLEY_DATA: data,
      PARLEY_HTTP_PORT: '0',
      PARLEY_GRPC_PORT: '0',
      PARLEY_ADMIN_PORT: '0',
    },
    log,
  );
  const { http } = await suite.start();
  return {
    rest: () => http,
    async stop() {
      await suite.destroy();
      await engine.stop();
    },
  };
}
