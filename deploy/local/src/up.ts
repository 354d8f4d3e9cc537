import { runUntilSignal } from '@parley/platform';
import { developmentEnvironment, startEngine } from '@parley/suite';
import { SERVICES } from './service.ts';
import { startDistributed } from './start-distributed.ts';

await runUntilSignal(async () => {
  const engine = await startEngine();
  const { distributed, stop } = await startDistributed(
    'data/distributed',
    developmentEnvironment(engine),
  );
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
      const about = `  engine     ${engine.url} (development engine: a small reasoner, not a language model)`;
      process.stdout.write(`${[...words, about].join('\n')}\n`);
    },
    async destroy() {
      await stop();
      await engine.stop();
    },
  };
});
