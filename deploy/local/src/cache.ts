import { homedir } from 'node:os';
import { join } from 'node:path';
import { readEnv } from '@parley/platform';

/** Folder of what Parley has fetched or built for this user: `parley` under XDG_CACHE_HOME. */
export function cacheFolder(): string {
  return join(readEnv().XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley');
}
