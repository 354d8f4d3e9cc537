import { demoCommand } from '@parley/suite';
import { startDistributed } from './start-distributed.ts';

await demoCommand(process.argv.slice(2), async (data, environment) => {
  const { distributed, stop } = await startDistributed(data, environment);
  return { rest: (path) => distributed.rest(path)[0] ?? '', stop };
});
