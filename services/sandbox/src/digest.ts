import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Hex sha256 of bytes or of a text's UTF-8. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * Hex sha256 of a directory: over the lines `<sha256 of file>  <relative path with />\n` of all its
 * files, sorted by path in byte order. Throws when the directory cannot be read.
 */
export async function digestDirectory(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const root = join(directory, '.');
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  let lines = '';
  for (const file of files) lines += `${sha256(await readFile(join(root, file)))}  ${file}\n`;
  return sha256(lines);
}
