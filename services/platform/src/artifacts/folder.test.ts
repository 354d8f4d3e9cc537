import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDirectoryArtifacts } from './directory.ts';
import { fetchFolder, folderDigest, putFolder } from './folder.ts';
import type { Artifacts } from './port.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('folders as artifacts', () => {
  const files = { 'b.txt': 'two', 'a/z.bin': 'one', 'B.txt': 'three', 'ü/x': '' };
  let folder = '';
  let source = '';
  let artifacts: Artifacts;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-folder-'));
    source = join(folder, 'source');
    artifacts = openDirectoryArtifacts(join(folder, 'artifacts'));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(source, path)), { recursive: true });
      await writeFile(join(source, path), content);
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('has the digest of what sha256sum prints, by the bytes of the path', async () => {
    const lines = ['B.txt', 'a/z.bin', 'b.txt', 'ü/x'].map(
      (path) => `${sha256(files[path as keyof typeof files])}  ${path}\n`,
    );
    expect(await folderDigest(source)).toBe(sha256(lines.join('')));
  });

  it('stores a folder and makes the same one from it', async () => {
    const ref = await putFolder(artifacts, 'adapters/one', source);
    expect(ref).toEqual({ uri: 'artifact:adapters/one', sha256: await folderDigest(source) });
    expect(await putFolder(artifacts, 'adapters/one', source)).toEqual(ref);
    const target = join(folder, 'deep', 'target');
    await Promise.all([fetchFolder(artifacts, ref, target), fetchFolder(artifacts, ref, target)]);
    await fetchFolder(artifacts, ref, target);
    expect(await folderDigest(target)).toBe(ref.sha256);
    expect(await readFile(join(target, 'a/z.bin'), 'utf8')).toBe('one');
    expect(await readdir(join(folder, 'deep'))).toEqual(['target']);
  });

  it('leaves links out, and refuses an empty folder and a list of its own', async () => {
    const { sha256: before } = await putFolder(artifacts, 'one', source);
    await symlink('/etc/hostname', join(source, 'link'));
    expect((await putFolder(artifacts, 'two', source)).sha256).toBe(before);
    await mkdir(join(folder, 'empty'));
    await expect(putFolder(artifacts, 'three', join(folder, 'empty'))).rejects.toThrow(/must hold/);
    await writeFile(join(source, 'files.json'), '[]');
    await expect(putFolder(artifacts, 'four', source)).rejects.toThrow(/files.json/);
  });

  it('makes nothing from a folder that changed, or from another one', async () => {
    const ref = await putFolder(artifacts, 'one', source);
    const target = join(folder, 'deep', 'target');
    const corrupt = { reason: 'DATA_CORRUPT' };
    await expect(
      fetchFolder(artifacts, { ...ref, sha256: '0'.repeat(64) }, target),
    ).rejects.toMatchObject(corrupt);
    const database = new DatabaseSync(join(folder, 'artifacts', 'small.db'));
    database.exec("UPDATE object SET content = content || 'x' WHERE path = 'one/b.txt'");
    database.close();
    await expect(fetchFolder(artifacts, ref, target)).rejects.toMatchObject(corrupt);
    const left = await readdir(join(folder, 'deep')).catch(() => []);
    expect(left).toEqual([]);
    await expect(
      fetchFolder(artifacts, { ...ref, uri: 'artifact:none' }, target),
    ).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });

  it('refuses a list that leads out of the folder', async () => {
    const content = JSON.stringify([{ path: '../out', sha256: sha256(''), bytes: 0 }]);
    await artifacts.put('evil/files.json', Buffer.from(content));
    const ref = { uri: 'artifact:evil', sha256: sha256(`${sha256('')}  ../out\n`) };
    await expect(fetchFolder(artifacts, ref, join(folder, 'target'))).rejects.toMatchObject({
      reason: 'DATA_CORRUPT',
    });
  });
});
