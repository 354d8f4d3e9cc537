import { createHost, readEnv, runUntilSignal } from '@parley/platform';
import { envToInferenceConfig } from './config.ts';
import { createInference } from './service.ts';

const config = envToInferenceConfig(readEnv());
const host = await createHost('inference', config);
const inference = await createInference(host, config);

await runUntilSignal({
  async start() {
    const addresses = await host.start([inference]);
    host.log.info(addresses, 'inference is listening');
  },
  destroy: () => host.stop(),
});
