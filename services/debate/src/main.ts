import { createHost, readEnv, runUntilSignal } from '@parley/platform';
import { envToDebateConfig } from './config.ts';
import { createDebate } from './service.ts';

const config = envToDebateConfig(readEnv());
const host = await createHost('debate', config);
const debate = await createDebate(host, config);

await runUntilSignal({
  async start() {
    const addresses = await host.start([debate]);
    host.log.info(addresses, 'debate is listening');
  },
  destroy: () => host.stop(),
});
