import { parseArgs } from 'node:util';
import { ParleyError } from '@parley/platform';
import { findInfra, startInfra, stopInfra } from './infra.ts';

const DIR = 'data/infra';
const USAGE = 'usage: main.ts start [--cluster] | stop | status';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { cluster: { type: 'boolean', default: false } },
});

/** For people, on standard error: standard output is for `eval`. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  switch (positionals.join(' ')) {
    case 'start': {
      say('Starting Kafka, Redis and S3; what is missing is installed first, which takes minutes.');
      const settings = await startInfra(DIR, values, ({ name, server, before }) =>
        say(`  ${name} ${before ? 'was running already' : 'has started'}, process ${server.pid}`),
      );
      const lines = Object.entries(settings).map(([name, value]) => `export ${name}='${value}'\n`);
      process.stdout.write(lines.join(''));
      break;
    }
    case 'stop': {
      const stopped = await stopInfra(DIR);
      say(stopped.length === 0 ? 'Nothing was running.' : `Stopped ${stopped.join(', ')}.`);
      break;
    }
    case 'status':
      for (const { name, server } of await findInfra(DIR))
        say(`${name} ${server.pid ? `runs, process ${server.pid}, ${server.url}` : 'is stopped'}`);
      break;
    default:
      throw new ParleyError('INVALID_ARGUMENT', USAGE);
  }
} catch (thrown) {
  say(ParleyError.from(thrown).message);
  process.exitCode = 1;
}
