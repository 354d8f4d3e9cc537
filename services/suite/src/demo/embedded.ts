import { join } from 'node:path';
import { createLog, type Environment } from '@parley/platform';
import { createSuite } from '../suite.ts';
import type { Deployment } from './run.ts';

/** The suite in this process on the embedded adapters; `data` keeps its state. */
export async function deployEmbedded(data: string, environment: Environment): Promise<Deployment> {
  const log = createLog({ level: 'info', service: 'suite', file: join(data, 'log.jsonl') });
  const suite = await createSuite(
    {
      ...environment,
      PARLEY_DATA: data,
      PARLEY_HTTP_PORT: '0',
      PARLEY_GRPC_PORT: '0',
      PARLEY_ADMIN_PORT: '0',
    },
    log,
  );
  const { http } = await suite.start();
  return { rest: () => http, stop: () => suite.destroy() };
}
