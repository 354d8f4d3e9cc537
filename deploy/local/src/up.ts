import { runUntilSignal } from '@parley/platform';
import { SERVICES } from './service.ts';
import { startDistributed } from './start-distributed.ts';

await runUntilSignal(async () => {
  const { distributed, engine, stop } = await startDistributed('data/distributed');
  return {
    async start() {
      const lines = SERVICES.flatMap((service) =>
        distributed.replicas[service].map(
          ({ addresses }) =>
            `  ${service.padEnd(10)} REST ${addresses.http}  gRPC ${addresses.grpc}  admin ${addresses.admin}`,
        ),
      );
      const words = [
        'Parley is up, each service in processes of its own. Ctrl-C stops it.',
        ...lines,
      ];
      const about = `  engine     ${engine} (development engine: a small reasoner, not a language model)`;
      process.stdout.write(`${[...words, about].join('\n')}\n`);
    },
    destroy: stop,
  };
});
