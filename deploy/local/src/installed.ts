import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A folder of the cache, made by `fill` when there is none. It is filled under another name and renamed,
 * so that a folder that exists is whole; of two processes that fill at once the first wins.
 */
export async function installedFolder(
  folder: string,
  fill: (temporary: string) => Promise<void>,
): Promise<string> {
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.${randomUUID()}`;
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(temporary);
  try {
    await fill(temporary);
    try {
      renameSync(temporary, folder);
    } catch (thrown) {
      if (!existsSync(folder)) throw thrown;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}
