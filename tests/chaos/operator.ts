import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PROGRAM = join(import.meta.dirname, '../../services/platform/src/events/cli.ts');
const TIMEOUT_MS = 120_000;
const execute = promisify(execFile);

/** Runs `parley-events` on a Kafka; the lines that it prints. Rejects with what it tells when it fails. */
export async function parleyEvents(kafka: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await execute(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', PROGRAM, ...args],
    // biome-ignore lint/style/noProcessEnv: what the program needs besides, such as PATH
    { env: { ...process.env, PARLEY_EVENTS: kafka }, timeout: TIMEOUT_MS },
  );
  return stdout.split('\n').filter((line) => line !== '');
}
