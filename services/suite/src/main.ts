import { envToInferenceConfig } from '@parley/inference';
import { readEnv, runUntilSignal, type Service, withDefaults } from '@parley/platform';
import { envToSuiteConfig } from './config.ts';
import { withDevelopmentEngine } from './development.ts';
import { createSuite } from './suite.ts';

await runUntilSignal(async (): Promise<Service> => {
  const { addressesJson } = envToSuiteConfig(readEnv());
  const { environment, engine } = await withDevelopmentEngine(readEnv());
  const suite = await createSuite(withDefaults(environment, { PARLEY_LOG_LEVEL: 'warn' }));
  return {
    async start() {
      const addresses = await suite.start();
      if (addressesJson) {
        process.stdout.write(`${JSON.stringify(addresses)}\n`);
        return;
      }
      process.stdout.write(
        [
          'Parley is up. Ctrl-C stops it.',
          `  REST       ${addresses.http}/v1/societies`,
          `  reference  ${addresses.http}/reference`,
          `  gRPC       ${addresses.grpc}`,
          `  admin      ${addresses.admin}/metrics`,
          `  engine     ${engine ? `${engine.url} (development engine: a small reasoner, not a language model)` : envToInferenceConfig(environment).engines.join(', ')}`,
          '',
        ].join('\n'),
      );
    },
    async destroy() {
      await suite.destroy();
      await engine?.stop();
    },
  };
});
