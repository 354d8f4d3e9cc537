import { createHost, readEnv, runUntilSignal } from '@parley/platform';
import { envToFinetuneConfig } from './config.ts';
import { createFinetune } from './service.ts';

const config = envToFinetuneConfig(readEnv());
const host = await createHost('finetune', config);
const service = await createFinetune(host, config);

await runUntilSignal({
  async start() {
    host.log.info(await host.start([service]), 'finetune listens');
  },
  destroy: () => host.stop(),
});
