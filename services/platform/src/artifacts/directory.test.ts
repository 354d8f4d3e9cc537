import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { artifactsContract } from './contract.ts';
import { openDirectoryArtifacts, SMALL } from './directory.ts';
import { openArtifacts } from './open.ts';

artifactsContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-artifacts-'));
  const artifacts = openDirectoryArtifacts(folder);
  return {
    artifacts,
    corrupt: (path) => corruptObject(folder, path),
    async close() {
      await artifacts.close();
      await rm(folder, { recursive: true });
    },
  };
});

/** Changes the content of an object behind the adapter's back. */
async function corruptObject(folder: string, path: string): Promise<void> {
  const file = join(folder, 'objects', path);
  if (existsSync(file)) return appendFile(file, 'x');
  const database = new DatabaseSync(join(folder, 'small.db'));
  database.prepare('UPDATE object SET content = content || ? WHERE path = ?').run('x', path);
  database.close();
}

async function* pieces(content: Uint8Array) {
  for (let at = 0; at < content.byteLength; at += 1000) yield content.subarray(at, at + 1000);
}

describe('openDirectoryArtifacts', () => {
  it.each([1, 2 * SMALL])('keeps %i bytes apart from other sizes at one path', async (bytes) => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-artifacts-'));
    const artifacts = await openArtifacts(`file:${folder}`);
    const content = Buffer.alloc(bytes, 'x');
    const stored = await artifacts.put('a/b', content);
    expect(await artifacts.put('a/b', content)).toEqual(stored);
    expect(await artifacts.put('a/b', pieces(content))).toEqual(stored);
    expect(await artifacts.stat('a/b')).toEqual(stored);
    expect(Buffer.from(await artifacts.get(stored)).equals(content)).toBe(true);
    for (const other of [1, 2 * SMALL])
      await expect(artifacts.put('a/b', Buffer.alloc(other, 'y'))).rejects.toMatchObject({
        reason: 'CONFLICT',
      });
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    await artifacts.close();
    await rm(folder, { recursive: true });
    await expect(artifacts.ping()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  });

  it('removes what a process that died left on its way, and only that', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-artifacts-'));
    openDirectoryArtifacts(folder);
    const [old, fresh] = [join(folder, 'incoming', 'old'), join(folder, 'incoming', 'fresh')];
    await writeFile(old, 'x');
    await writeFile(fresh, 'x');
    await utimes(old, 0, 0);
    openDirectoryArtifacts(folder);
    expect(await readdir(join(folder, 'incoming'))).toEqual(['fresh']);
    await rm(folder, { recursive: true });
  });

  it('refuses a folder that cannot be made, and a scheme that is not supported', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-artifacts-'));
    await writeFile(join(folder, 'file'), '');
    expect(() => openDirectoryArtifacts(join(folder, 'file', 'x'))).toThrow(/cannot make/);
    await expect(openArtifacts('ftp://x')).rejects.toThrow(/file:<folder>/);
    await rm(folder, { recursive: true });
  });
});
