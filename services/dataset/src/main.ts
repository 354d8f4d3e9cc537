import { createHost, readEnv, runUntilSignal } from '@parley/platform';
import { envToDatasetConfig } from './config.ts';
import { createDataset } from './service.ts';

const config = envToDatasetConfig(readEnv());
const host = await createHost('dataset', config);
const service = await createDataset(host, config);

await runUntilSignal({
  async start() {
    host.log.info(await host.start([service]), 'dataset listens');
  },
  destroy: () => host.stop(),
});
