import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { createS3, type S3Server } from '@parley/local';
import { type Artifacts, artifactUri, openArtifacts, ParleyError, sha256 } from '@parley/platform';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const MIB = 1024 * 1024;

let folder: string;
let server: S3Server;
let artifacts: Artifacts;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-s3-faults-'));
  server = await createS3({ dir: join(folder, 'server') });
  await server.start();
  artifacts = await openArtifacts(server.url);
}, 300_000);
afterAll(async () => {
  await artifacts.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

async function* mebibytes(contents: Uint8Array[], before: (n: number) => unknown = () => {}) {
  for (const [n, content] of contents.entries()) {
    await before(n);
    yield content;
  }
}

function clientOf({ url }: S3Server): S3Client {
  const endpoint = new URL(url).searchParams.get('endpoint') as string;
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
}

/** Reads an object to its end. */
async function read(from: Artifacts, path: string): Promise<number> {
  let bytes = 0;
  for await (const piece of from.stream({ uri: artifactUri(path) })) bytes += piece.byteLength;
  return bytes;
}

describe('artifacts in an S3 that is killed', () => {
  const contents = Array.from({ length: 40 }, () => randomBytes(MIB));
  const whole = { sha256: sha256(Buffer.concat(contents)), bytes: 40 * MIB };

  it.each([0, 9, 17, 39])('puts whole or not at all, killed at piece %i of 40', async (at) => {
    const path = `killed/${at}`;
    let back: Promise<void> | undefined;
    const put = artifacts.put(
      path,
      mebibytes(contents, async (n) => {
        if (n !== at) return;
        await server.signal('SIGKILL');
        back = server.start();
      }),
    );
    const [outcome] = await Promise.allSettled([put]);
    await back;
    const there = await artifacts.stat(path);
    if (outcome.status === 'fulfilled') expect(there).toEqual(outcome.value);
    else expect(outcome.reason).toMatchObject({ reason: 'UNAVAILABLE' });
    if (there !== undefined) expect(there).toMatchObject(whole);
    expect(await artifacts.put(path, mebibytes(contents))).toMatchObject(whole);
    expect(await artifacts.stat(path)).toMatchObject(whole);
  });

  it('puts whole or not at all, killed while the object is completed', async () => {
    const path = 'killed/completing';
    let killed: Promise<void> | undefined;
    async function* killing() {
      yield* mebibytes(contents);
      killed = server.signal('SIGKILL').then(() => server.start());
    }
    const [outcome] = await Promise.allSettled([artifacts.put(path, killing())]);
    await killed;
    const there = await artifacts.stat(path);
    if (outcome.status === 'fulfilled') expect(there).toEqual(outcome.value);
    if (there !== undefined) expect(there).toMatchObject(whole);
    expect(await artifacts.put(path, mebibytes(contents))).toMatchObject(whole);
  });

  it('fails while it is away, and works again without being opened anew', async () => {
    const stored = await artifacts.put('away', Buffer.from('content'));
    await server.signal('SIGKILL');
    const unavailable = { reason: 'UNAVAILABLE', retryable: true };
    await expect(artifacts.put('away/put', Buffer.from('x'))).rejects.toMatchObject(unavailable);
    await expect(artifacts.get(stored)).rejects.toMatchObject(unavailable);
    await expect(artifacts.stat('away')).rejects.toMatchObject(unavailable);
    await expect(artifacts.ping()).rejects.toMatchObject(unavailable);
    await expect(openArtifacts(server.url)).rejects.toMatchObject(unavailable);
    await server.start();
    await artifacts.ping();
    expect(Buffer.from(await artifacts.get(stored)).toString()).toBe('content');
  });

  it('breaks off a reader, who gets no wrong content', async () => {
    const stored = await artifacts.put('cut', Buffer.concat(contents));
    let killed: Promise<void> | undefined;
    const reading = (async () => {
      for await (const _ of artifacts.stream(stored)) {
        killed ??= server.signal('SIGKILL');
        await killed;
      }
    })();
    await expect(reading).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    await server.start();
    expect(await read(artifacts, 'cut')).toBe(whole.bytes);
  });

  it('answers a ping in time although the server is frozen', async () => {
    await server.signal('SIGSTOP');
    const start = performance.now();
    await expect(artifacts.ping()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(performance.now() - start).toBeLessThan(4_000);
    await server.signal('SIGCONT');
    await artifacts.ping();
  });
});

describe('artifacts in S3 with many writers', () => {
  it.each([10_240, 9 * MIB])('lets one of 16 contents of %i bytes win', async (size) => {
    const path = `race/${size}`;
    const common = randomBytes(size - 1);
    const contentOf = (n: number) => Buffer.concat([common, Buffer.of(n)]);
    const puts = await Promise.allSettled(
      Array.from({ length: 16 }, (_, n) => {
        const content = contentOf(n);
        return artifacts.put(path, n % 2 === 0 ? content : mebibytes([content]));
      }),
    );
    const winners = puts.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
    expect(winners).toHaveLength(1);
    for (const put of puts)
      if (put.status === 'rejected') expect(put.reason).toMatchObject({ reason: 'CONFLICT' });
    expect((await artifacts.stat(path))?.sha256).toBe(sha256(contentOf(winners[0] as number)));
    expect(await uploads()).toEqual([]);
  });

  it.each([10_240, 9 * MIB])('lets all 16 of one content of %i bytes succeed', async (size) => {
    const content = randomBytes(size);
    const puts = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        artifacts.put(`same/${size}`, n % 2 === 0 ? content : mebibytes([content])),
      ),
    );
    for (const stored of puts)
      expect(stored).toMatchObject({ sha256: sha256(content), bytes: size });
    expect(await uploads()).toEqual([]);
  });

  async function uploads(): Promise<unknown[]> {
    const client = clientOf(server);
    const { Uploads = [] } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: 'parley', Prefix: 'race/' }),
    );
    client.destroy();
    return Uploads;
  }
});

it('streams 256 MiB both ways in bounded memory', { timeout: 120_000 }, async () => {
  const script = join(import.meta.dirname, 'artifacts-s3-memory.ts');
  const node = ['--expose-gc', script, server.url];
  const { stdout } = await promisify(execFile)(process.execPath, node);
  const { put, read } = JSON.parse(stdout) as Record<'put' | 'read', { ms: number; grown: number }>;
  const told = ({ ms, grown }: typeof put) =>
    `${Math.round(256_000 / ms)} MiB/s, RSS +${Math.round(grown / MIB)} MiB`;
  console.info(`S3: put ${told(put)}; stream ${told(read)}`);
  expect(put.grown).toBeLessThan(64 * MIB);
  expect(read.grown).toBeLessThan(64 * MIB);
});

describe('artifacts in an S3 whose disk is full', () => {
  let disk: string;
  let small: S3Server;
  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), 'parley-s3-disk-'));
    // Without the right to mount, this file fails: nothing else can fill a disk truly.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk]);
    small = await createS3({ dir: disk });
    await small.start();
  });
  afterAll(async () => {
    await small?.stop();
    execFileSync('umount', [disk]);
    await rm(disk, { recursive: true });
  });

  it('fails, leaves nothing, and works again when there is space', {
    timeout: 120_000,
  }, async () => {
    const opened = await openArtifacts(small.url);
    const kept = await opened.put('kept', Buffer.from('kept'));
    const ballast = join(disk, 'ballast');
    const { bavail, bsize } = await statfs(disk);
    await writeFile(ballast, Buffer.alloc(bavail * bsize - 12 * MIB));
    const content = Array.from({ length: 20 }, () => randomBytes(MIB));
    const failure = { reason: expect.stringMatching(/UNAVAILABLE|OVERLOADED/), retryable: true };
    await expect(opened.put('stream', mebibytes(content))).rejects.toMatchObject(failure);
    const { bavail: left } = await statfs(disk);
    expect(left * bsize).toBeGreaterThan(11 * MIB);
    await writeFile(join(disk, 'more'), Buffer.alloc(left * bsize - 4096));
    await expect(opened.put('whole', randomBytes(5 * MIB))).rejects.toMatchObject(failure);
    await expect(opened.put('bytes', randomBytes(20 * MIB))).rejects.toMatchObject(failure);
    for (const path of ['stream', 'whole', 'bytes'])
      expect(await opened.stat(path)).toBeUndefined();
    expect(Buffer.from(await opened.get(kept)).toString()).toBe('kept');
    await Promise.all([truncate(ballast), truncate(join(disk, 'more'))]);
    expect(await opened.put('stream', mebibytes(content))).toMatchObject({ bytes: 20 * MIB });
    await opened.put('whole', Buffer.from('whole'));
    await opened.close();
  });
});

describe('artifacts in S3 that are configured wrongly', () => {
  it('say so when the bucket does not exist', async () => {
    const url = server.url.replace('//parley?', '//no-such-bucket?');
    await expect(openArtifacts(url)).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      message: expect.stringMatching(/no-such-bucket.*does not exist/),
    });
  });

  it.each([
    ['AWS_ACCESS_KEY_ID', /No user exists with the provided access key ID/],
    ['AWS_SECRET_ACCESS_KEY', /SignatureDoesNotMatch.*give the AWS SDK valid credentials/],
  ])('say so when %s is wrong', async (name, message) => {
    vi.stubEnv(name, 'other');
    try {
      await expect(openArtifacts(server.url)).rejects.toMatchObject({
        reason: 'UNAVAILABLE',
        message: expect.stringMatching(message),
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('say so when the bucket is gone, and do not take it for an absent object', async () => {
    const lost = await createS3({ dir: join(folder, 'lost') });
    await lost.start();
    const opened = await openArtifacts(lost.url);
    await rm(join(folder, 'lost', 'data', 'parley'), { recursive: true });
    const gone = {
      reason: 'UNAVAILABLE',
      message: expect.stringMatching(/bucket parley.*does not exist/),
    };
    await expect(opened.put('a', Buffer.from('a'))).rejects.toMatchObject(gone);
    await expect(opened.put('a', mebibytes([randomBytes(9 * MIB)]))).rejects.toMatchObject(gone);
    await expect(opened.get({ uri: 'artifact:a' })).rejects.toMatchObject(gone);
    await expect(opened.ping()).rejects.toMatchObject(gone);
    await expect(openArtifacts(lost.url)).rejects.toMatchObject(gone);
    await opened.close();
    await lost.stop();
  });

  it('refuse a URL that is none', async () => {
    await expect(openArtifacts('s3://b')).rejects.toBeInstanceOf(ParleyError);
  });
});
