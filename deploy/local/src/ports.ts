import { randomInt } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/**
 * Below the ranges from which systems take ports of outgoing connections (32768 on Linux, 49152 on
 * macOS), so that a killed server finds its port free again.
 */
const FIRST = 15_000;
const LAST = 32_000;
/** What this process has chosen: a server that has not started yet does not hold its ports. */
const chosenHere = new Set<number>();

/** The ports of a folder: read from its file, or `count` free ones chosen and written (`fresh`). */
export async function keptPorts(
  dir: string,
  count: number,
): Promise<{ ports: readonly number[]; fresh: boolean }> {
  const file = portsFile(dir);
  try {
    return { ports: readFileSync(file, 'utf8').trim().split('\n').map(Number), fresh: false };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  }
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  const chosen = [...ports];
  writeFileSync(`${file}.new`, `${chosen.join('\n')}\n`);
  renameSync(`${file}.new`, file);
  return { ports: chosen, fresh: true };
}

/** Forgets the ports of a folder, so that others are chosen next. */
export function forgetPorts(dir: string): void {
  rmSync(portsFile(dir), { force: true });
}

function portsFile(dir: string): string {
  return join(dir, 'ports');
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (chosenHere.has(port) || !(await isFree(port))) continue;
    chosenHere.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
