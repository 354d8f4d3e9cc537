import { appendFile, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactsContract } from './contract.ts';
import { openDirectoryArtifacts } from './directory.ts';
import { openArtifacts } from './open.ts';

artifactsContract('directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-artifacts-'));
  return {
    artifacts: openDirectoryArtifacts(folder),
    corrupt: (path) => appendFile(join(folder, 'objects', path), 'x'),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('openDirectoryArtifacts', () => {
  it('leaves nothing on its way, and refuses a path that another continues', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-artifacts-'));
    const artifacts = await openArtifacts(`file:${folder}`);
    const content = Buffer.from('x');
    await artifacts.put('a/b', content);
    const conflict = { reason: 'CONFLICT' };
    await expect(artifacts.put('a', content)).rejects.toMatchObject(conflict);
    await expect(artifacts.put('a/b/c', content)).rejects.toMatchObject(conflict);
    await expect(artifacts.put('a/b', Buffer.from('y'))).rejects.toMatchObject(conflict);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
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
