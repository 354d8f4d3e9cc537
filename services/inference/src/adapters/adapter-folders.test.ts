import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArtifactRef, type Artifacts, openArtifacts, putFolder } from '@parley/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdapterFolders } from './adapter-folders.ts';

let dir: string;
let artifacts: Artifacts;
let ref: ArtifactRef;
/** URIs that were streamed. */
let streamed: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-folders-'));
  const stored = await openArtifacts(`file:${dir}/artifacts`);
  streamed = [];
  artifacts = {
    ...stored,
    stream(one) {
      streamed.push(one.uri);
      return stored.stream(one);
    },
  };
  await mkdir(join(dir, 'made'));
  await writeFile(join(dir, 'made', 'weights'), 'whole');
  ref = await putFolder(artifacts, 'adapters/a', join(dir, 'made'));
});

afterEach(() => rm(dir, { recursive: true }));

const root = () => join(dir, 'adapters');
const open = () => createAdapterFolders(artifacts, root());

describe('adapter folders', () => {
  it('fetch an adapter once, however many ask for it', async () => {
    const folders = open();
    const paths = await Promise.all([folders.path(ref), folders.path(ref), folders.path(ref)]);
    expect(new Set(paths)).toEqual(new Set([join(root(), ref.sha256)]));
    expect(await readFile(join(paths[0] ?? '', 'weights'), 'utf8')).toBe('whole');
    await folders.path(ref);
    expect(streamed).toHaveLength(1);
  });

  it('keep what an earlier process fetched, without the artifacts', async () => {
    const path = await open().path(ref);
    artifacts.stream = () => expect.fail('nothing is to be fetched');
    expect(await open().path(ref)).toBe(path);
  });

  it('fetch anew what is not what its digest says', async () => {
    const path = await open().path(ref);
    await writeFile(join(path, 'weights'), 'wh');
    expect(await open().path(ref)).toBe(path);
    expect(await readFile(join(path, 'weights'), 'utf8')).toBe('whole');
  });

  it('fetch again what was deleted', async () => {
    const folders = open();
    await rm(await folders.path(ref), { recursive: true });
    expect(await readdir(await folders.path(ref))).toEqual(['weights']);
  });

  it('have nothing under a digest that the artifacts do not have', async () => {
    const wrong = { uri: ref.uri, sha256: 'f'.repeat(64) };
    await expect(open().path(wrong)).rejects.toMatchObject({ reason: 'DATA_CORRUPT' });
    const lost = { uri: 'artifact:adapters/lost', sha256: ref.sha256 };
    await expect(open().path(lost)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    expect(await readdir(root())).toEqual([]);
  });

  it('lend an adapter in a folder that is gone afterwards', async () => {
    const names = await open().borrow(ref, (path) => readdir(path));
    expect(names).toEqual(['weights']);
    expect(await readdir(root())).toEqual([]);
  });

  it('say what is wrong with the disk, and use it once it is mended', async () => {
    await writeFile(root(), 'in the way');
    const folders = open();
    await expect(folders.path(ref)).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: expect.stringContaining(`artifact:adapters/a cannot be put into ${root()}`),
    });
    await rm(root());
    expect(await folders.path(ref)).toBe(join(root(), ref.sha256));
  });

  it('remove what a fetch that was cut off days ago has left, and nothing else', async () => {
    const old = [`${ref.sha256}.x.part`, ref.sha256, 'mine'];
    const names = [...old, `${ref.sha256}.y.part`];
    for (const name of names) {
      await mkdir(join(root(), name), { recursive: true });
      await writeFile(join(root(), name, 'weights'), 'whole');
    }
    for (const name of old) await utimes(join(root(), name), 1, 1);
    await open().path(ref);
    expect((await readdir(root())).sort()).toEqual(names.slice(1).sort());
  });

  it('end a fetch when they are closed', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    artifacts.stream = async function* () {
      begin();
      await released;
      yield Buffer.from('who');
    };
    const folders = open();
    const path = folders.path(ref);
    await begun;
    folders.close();
    release();
    await expect(path).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(await readdir(root())).toEqual([]);
  });
});
