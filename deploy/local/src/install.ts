import { join } from 'node:path';
import { ParleyError } from '@parley/platform';
import { cacheFolder } from './cache.ts';
import { installedFolder } from './installed.ts';
import { findProgram, requireProgram, runTool } from './tool.ts';

const VERSITYGW = 'v1.8.0';

/**
 * Redis, installed unless present.
 * @returns the path of `redis-server`.
 * @throws ParleyError FAILED_PRECONDITION saying what to install.
 */
export async function installRedis(): Promise<string> {
  return requireProgram('redis-server', { debian: ['redis-server'], brew: 'redis' });
}

/**
 * versitygw, an S3 gateway over a folder, built into the cache unless present.
 * @returns the path of the program.
 * @throws ParleyError FAILED_PRECONDITION when there is no Go; UNAVAILABLE when the build fails.
 */
export async function installS3(): Promise<string> {
  const folder = await installedFolder(
    join(cacheFolder(), `versitygw-${VERSITYGW}`),
    async (target) => {
      const go = findProgram('go', ['/usr/local/go/bin']);
      if (go === undefined)
        throw new ParleyError(
          'FAILED_PRECONDITION',
          'go is neither on PATH nor in /usr/local/go/bin, and versitygw is built by it: install Go 1.25 or later from https://go.dev/dl (that of Debian 12 is too old)',
        );
      const source = `github.com/versity/versitygw/cmd/versitygw@${VERSITYGW}`;
      await runTool([go, 'install', source], { env: { GOBIN: target } });
    },
  );
  return join(folder, 'versitygw');
}
