import { type Environment, readEnv, type ServiceConfig } from './config.ts';
import { createHost, type Host } from './host.ts';
import { runUntilSignal, type Service } from './lifecycle.ts';

/** Runs one service as a process of its own, configured by the environment. For `main.ts` only. */
export function runService<
  C extends Pick<
    ServiceConfig,
    'host' | 'httpPort' | 'grpcPort' | 'adminPort' | 'logLevel' | 'drainSeconds'
  >,
>(
  name: string,
  configOf: (environment: Environment) => C,
  create: (host: Host, config: C) => Promise<Service>,
): Promise<void> {
  return runUntilSignal(async () => {
    const config = configOf(readEnv());
    const host = await createHost(name, config);
    const service = await create(host, config);
    return {
      async start() {
        host.log.info(await host.start([service]), `${name} listens`);
      },
      destroy: () => host.stop(),
      graceMs: host.graceMs,
    };
  });
}
