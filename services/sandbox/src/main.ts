import { parseArgs } from 'node:util';
import type { SandboxConfig } from './engine/config.ts';
import { createSandboxEngine } from './engine/engine.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    'served-model-name': { type: 'string' },
    'latency-ms': { type: 'string' },
    'token-ms': { type: 'string' },
    slots: { type: 'string' },
    queue: { type: 'string' },
    'max-model-len': { type: 'string' },
    'stream-interval': { type: 'string' },
    'api-key': { type: 'string' },
    seed: { type: 'string' },
    'exit-with-parent': { type: 'boolean' },
  },
});

const settings: Record<string, string | number> = {};
for (const [flag, value] of Object.entries(values)) {
  if (typeof value !== 'string') continue;
  const name = flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  settings[name] = flag === 'served-model-name' || flag === 'api-key' ? value : Number(value);
}

const engine = createSandboxEngine(settings as Partial<SandboxConfig>);

async function stop(): Promise<void> {
  await engine.destroy();
  process.exit(0);
}

process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
if (values['exit-with-parent'] === true) process.stdin.once('close', () => void stop()).resume();

process.stdout.write(`${JSON.stringify(await engine.start())}\n`);
