import { createHost, readEnv, runUntilSignal } from '@parley/platform';
import { envToVotingConfig } from './config.ts';
import { createVoting } from './service.ts';

const config = envToVotingConfig(readEnv());
const host = await createHost('voting', config);
const service = await createVoting(host, config);

await runUntilSignal({
  async start() {
    host.log.info(await host.start([service]), 'voting listens');
  },
  destroy: () => host.stop(),
});
