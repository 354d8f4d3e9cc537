import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createS3, type S3Server } from '@parley/local';
import {
  type Artifacts,
  artifactUri,
  fetchFolder,
  folderDigest,
  openArtifacts,
  putFolder,
} from '@parley/platform';
import { artifactsContract } from '@parley/platform/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const MIB = 1024 * 1024;

let folder = '';
let server: S3Server | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-s3-'));
  server = await createS3({ dir: folder });
  await server.start();
}, 300_000);
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true });
});

function urlOf(prefix: string): string {
  return `${server?.url}`.replace('?', `/${encodeURIComponent(prefix)}?`);
}

/** Changes the first byte of an object in the server's folder, or gives it one. */
async function corrupt(prefix: string, path: string): Promise<void> {
  await using file = await open(join(folder, 'data', 'parley', prefix, path), 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 0);
  await file.write(Buffer.of((buffer[0] ?? 0) ^ 0xff), 0, 1, 0);
}

async function* pieces(content: Uint8Array, size: number) {
  for (let at = 0; at < content.byteLength; at += size) {
    await setImmediate();
    yield content.subarray(at, at + size);
  }
}

artifactsContract('s3', async () => {
  const prefix = `contract/${randomUUID()}`;
  const artifacts = await openArtifacts(urlOf(prefix));
  return {
    artifacts,
    corrupt: (path) => corrupt(prefix, path),
    close: () => artifacts.close(),
  };
});

describe('artifacts in S3', () => {
  const prefix = 'tést +%';
  let artifacts: Artifacts;
  beforeAll(async () => {
    artifacts = await openArtifacts(urlOf(prefix));
  });
  afterAll(() => artifacts.close());

  it.each([
    'a b/ü…/😀.json',
    'percent%20/%2e%2e/100%',
    'a+b&c=d?e#f;g,h:i@j!k$l\'m(n)o*p"q<r>s|t^u`v{w}x~y',
    '.hidden/..a/b..',
    'e\u0301', // not the same path as é
    'é',
    'x'.repeat(255),
  ])('keeps an object at the path %j', async (path) => {
    const content = Buffer.from(path);
    const stored = await artifacts.put(path, content);
    expect(await artifacts.stat(path)).toEqual(stored);
    expect(Buffer.from(await artifacts.get(stored)).toString()).toBe(path);
    expect(await readFile(join(folder, 'data', 'parley', prefix, path), 'utf8')).toBe(path);
  });

  it('refuses a path whose key is longer than S3 has', async () => {
    const path = `${'ü'.repeat(120)}/`.repeat(4).slice(0, -1);
    await artifacts.put(path, Buffer.from('x'));
    const longer = Array.from({ length: 6 }, () => '…'.repeat(70)).join('/');
    await expect(artifacts.put(longer, Buffer.from('x'))).rejects.toMatchObject({
      reason: 'INVALID_ARGUMENT',
      message: expect.stringContaining('1024 bytes'),
    });
  });

  it('refuses what stands in the way on a server of files, and keeps what is there', async () => {
    const content = Buffer.from('x');
    await artifacts.put('way/file', content);
    await artifacts.put('way/folder/file', content);
    const conflict = { reason: 'CONFLICT' };
    await expect(artifacts.put('way/file/below', content)).rejects.toMatchObject(conflict);
    await expect(artifacts.put('way/folder', content)).rejects.toMatchObject(conflict);
    expect(await artifacts.stat('way/file/below')).toBeUndefined();
    expect(await artifacts.stat('way/folder')).toBeUndefined();
    const missing = { reason: 'NOT_FOUND' };
    for (const path of ['way/file/below', 'way/folder'])
      await expect(artifacts.get({ uri: artifactUri(path) })).rejects.toMatchObject(missing);
    expect(await artifacts.stat('way/file')).toBeDefined();
  });

  it.each([8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB])(
    'keeps %i bytes, put as bytes or as a stream, as one object',
    async (size) => {
      const content = randomBytes(size);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const [path, streamed] = [`size/${size}`, `size/${size}.streamed`];
      const stored = { uri: artifactUri(path), sha256, bytes: size };
      expect(await artifacts.put(path, content)).toEqual(stored);
      expect(await artifacts.stat(path)).toEqual(stored);
      expect(await artifacts.put(path, pieces(content, 1_000_003))).toEqual(stored);
      const other = { ...stored, uri: artifactUri(streamed) };
      expect(await artifacts.put(streamed, pieces(content, 1_000_003))).toEqual(other);
      expect(await artifacts.stat(streamed)).toEqual(other);
      expect(await artifacts.put(streamed, content)).toEqual(other);
      expect(Buffer.compare(await artifacts.get(other), content)).toBe(0);
      content[size - 1] = (content[size - 1] as number) ^ 1;
      const conflict = { reason: 'CONFLICT' };
      for (const at of [path, streamed]) {
        await expect(artifacts.put(at, content)).rejects.toMatchObject(conflict);
        await expect(artifacts.put(at, pieces(content, MIB))).rejects.toMatchObject(conflict);
      }
      expect((await artifacts.stat(streamed))?.sha256).toBe(sha256);
    },
  );

  it.each([0, 1, 3])('leaves no part when the producer breaks after %i MiB', async (parts) => {
    async function* broken() {
      for (let at = 0; at < parts * 8; at++) yield randomBytes(MIB);
      throw new Error('the producer broke');
    }
    await expect(artifacts.put('broken', broken())).rejects.toThrow('the producer broke');
    expect(await artifacts.stat('broken')).toBeUndefined();
    expect(await uploadsUnderWay()).toEqual([]);
  });

  it('lets a reader stop early, and hands out the last piece only when the digest is right', async () => {
    const content = randomBytes(3 * MIB);
    const stored = await artifacts.put('read', content);
    for (let n = 0; n < 300; n++)
      for await (const piece of artifacts.stream(stored)) {
        expect(piece.byteLength).toBeGreaterThan(0);
        break;
      }
    await corrupt(prefix, 'read');
    let handed = 0;
    const reading = (async () => {
      for await (const piece of artifacts.stream(stored)) handed += piece.byteLength;
    })();
    await expect(reading).rejects.toMatchObject({ reason: 'DATA_CORRUPT' });
    expect(handed).toBeLessThan(content.byteLength);
  });

  it('stores a folder and gives it back', async () => {
    const [source, target] = [join(folder, 'source'), join(folder, 'target')];
    await mkdir(join(source, 'deep', 'er'), { recursive: true });
    await writeFile(join(source, 'adapter.bin'), randomBytes(9 * MIB));
    await writeFile(join(source, 'deep', 'er', 'ü.json'), '{}');
    await writeFile(join(source, 'empty'), '');
    const stored = await putFolder(artifacts, 'folders/one', source);
    expect(await putFolder(artifacts, 'folders/one', source)).toEqual(stored);
    expect(stored.sha256).toBe(await folderDigest(source));
    await fetchFolder(artifacts, stored, target);
    expect(await folderDigest(target)).toBe(stored.sha256);
  });

  it('ends what is under way and refuses the rest once closed', async () => {
    const closing = await openArtifacts(urlOf('closing'));
    const stored = await closing.put('read', randomBytes(4 * MIB));
    const reading = closing.stream(stored)[Symbol.asyncIterator]();
    await reading.next();
    let produced = 0;
    const { promise: stalled, resolve: produce } = Promise.withResolvers<void>();
    async function* stalling() {
      for (; produced < 9; produced++) yield randomBytes(MIB);
      await stalled;
      yield randomBytes(MIB);
    }
    const putting = closing.put('write', stalling());
    await vi.waitUntil(async () => produced === 9 && (await uploadsUnderWay()).length === 1);
    await closing.close();
    expect(await uploadsUnderWay()).toEqual([]);
    produce();
    const closed = { reason: 'UNAVAILABLE', message: 'the artifacts are closed' };
    await expect(putting).rejects.toMatchObject(closed);
    await expect(
      (async () => {
        while (!(await reading.next()).done);
      })(),
    ).rejects.toMatchObject(closed);
    await expect(closing.put('a', Buffer.from('a'))).rejects.toMatchObject(closed);
    await expect(closing.get(stored)).rejects.toMatchObject(closed);
    await expect(closing.stat('a')).rejects.toMatchObject(closed);
    await expect(closing.ping()).rejects.toMatchObject(closed);
    await closing.close();
  });
});

/** The uploads that the server holds parts of. */
async function uploadsUnderWay(): Promise<unknown[]> {
  const { S3Client, ListMultipartUploadsCommand } = await import('@aws-sdk/client-s3');
  const endpoint = new URL(`${server?.url}`).searchParams.get('endpoint') as string;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'parley' }));
  client.destroy();
  return Uploads ?? [];
}
