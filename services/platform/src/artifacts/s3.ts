import { createHash, hash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ParleyError } from '../errors.ts';
import { checkArtifactPath, checkArtifactUri } from './path.ts';
import { type Artifacts, artifactUri, type StoredArtifact } from './port.ts';
import { connectS3Bucket } from './s3-bucket.ts';
import { isContested } from './s3-errors.ts';
import { partsOf } from './s3-parts.ts';
import { startUpload, type Upload } from './s3-upload.ts';
import type { S3Location } from './s3-url.ts';
import { verified } from './verify.ts';

/** Bytes up to which an object is one request, and of each part of a larger one. */
const PART = 8 * 1024 * 1024;

/** How often a write is tried that another writer contests, and the milliseconds between, times the try. */
const TRIES = 3;
const PAUSE = 100;
const PING = 3_000;

/**
 * Artifacts in an S3 bucket, an object each, written on the condition that none is there. Up to 8 MiB, and
 * when put as bytes, an object carries its SHA-256 as metadata; `stat` of one put as a longer stream, and a
 * second put of it, read and hash it. Longer ones go in parts of 8 MiB, of which a put holds three at most.
 * @throws ParleyError INVALID_ARGUMENT when no region can be found; UNAVAILABLE when the bucket does not
 * exist or cannot be reached.
 */
export async function openS3Artifacts(location: S3Location): Promise<Artifacts> {
  const bucket = await connectS3Bucket(location);
  const uploads = new Set<Upload>();

  async function putWhole(
    path: string,
    content: Uint8Array,
    sha256: string,
  ): Promise<StoredArtifact> {
    const stored = { uri: artifactUri(path), sha256, bytes: content.byteLength };
    const object = { ...bucket.at(path), Body: content, Metadata: { sha256 } };
    return settled(path, stored, async () => {
      await bucket.send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }), path);
    });
  }

  async function putParts(
    path: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    known?: string,
  ): Promise<StoredArtifact> {
    let upload: Upload | undefined;
    try {
      for await (const part of partsOf(content, PART)) {
        if (upload === undefined) {
          const { bytes, last } = part;
          if (last) return await putWhole(path, bytes, known ?? hash('sha256', bytes, 'hex'));
          upload = await startUpload(bucket, path, known === undefined ? {} : { sha256: known });
          uploads.add(upload);
        }
        await upload.add(part);
      }
      const complete = upload as Upload;
      const stored = { uri: artifactUri(path), ...(await complete.sent()) };
      return await settled(path, stored, () => complete.complete());
    } finally {
      if (upload !== undefined) {
        await upload.end();
        uploads.delete(upload);
      }
    }
  }

  /** Writes until it is certain what stands at the path. */
  async function settled(
    path: string,
    stored: StoredArtifact,
    write: () => Promise<void>,
  ): Promise<StoredArtifact> {
    for (let tries = 1; ; tries++)
      try {
        await write();
        return stored;
      } catch (thrown) {
        if (!isContested(thrown)) throw thrown;
        const same = await holds(path, stored);
        if (same) return stored;
        if (same === false)
          throw new ParleyError('CONFLICT', `${path} already holds other content`);
        if (tries === TRIES) throw thrown;
        await setTimeout(PAUSE * tries);
      }
  }

  /** Whether the path holds this content; undefined when it holds nothing. */
  async function holds(path: string, stored: StoredArtifact): Promise<boolean | undefined> {
    const there = await head(path);
    if (there === undefined) return undefined;
    if (there.bytes !== stored.bytes) return false;
    return (there.sha256 ?? (await digestOf(path))) === stored.sha256;
  }

  async function head(
    path: string,
  ): Promise<{ bytes: number; sha256: string | undefined } | undefined> {
    try {
      const found = await bucket.send(new HeadObjectCommand(bucket.at(path)), path);
      return { bytes: found.ContentLength ?? 0, sha256: found.Metadata?.sha256 };
    } catch (thrown) {
      if (thrown instanceof ParleyError && thrown.reason === 'NOT_FOUND') return undefined;
      throw thrown;
    }
  }

  async function digestOf(path: string): Promise<string> {
    const digest = createHash('sha256');
    for await (const piece of bucket.read(path)) digest.update(piece);
    return digest.digest('hex');
  }

  async function ping(): Promise<void> {
    const signal = AbortSignal.any([bucket.closed, AbortSignal.timeout(PING)]);
    const { bucket: Bucket, prefix: Prefix } = location;
    try {
      await bucket.send(new HeadBucketCommand({ Bucket }), undefined, signal);
    } catch {
      // The answer to a HEAD gives no reason; this one does, or it is allowed where that is not.
      const list = new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 });
      await bucket.send(list, undefined, signal);
    }
  }

  async function close(): Promise<void> {
    bucket.close();
    await Promise.all(Array.from(uploads, (upload) => upload.end()));
    bucket.destroy();
  }

  await ping().catch(async (thrown: unknown) => {
    await close();
    throw thrown;
  });

  return {
    async put(path, content) {
      checkArtifactPath(path);
      if (!(content instanceof Uint8Array)) return putParts(path, content);
      const sha256 = hash('sha256', content, 'hex');
      if (content.byteLength > PART) return putParts(path, content, sha256);
      return putWhole(path, content, sha256);
    },

    async get({ uri, sha256 }) {
      const content = Buffer.concat(await Array.fromAsync(bucket.read(checkArtifactUri(uri))));
      if (sha256 !== undefined && hash('sha256', content, 'hex') !== sha256)
        throw new ParleyError('DATA_CORRUPT', `${uri} does not have the digest ${sha256}`);
      return content;
    },

    async *stream({ uri, sha256 }) {
      const pieces = bucket.read(checkArtifactUri(uri));
      yield* sha256 === undefined ? pieces : verified(pieces, { uri, sha256 });
    },

    async stat(path) {
      const there = await head(checkArtifactPath(path));
      if (there === undefined) return undefined;
      const sha256 = there.sha256 ?? (await digestOf(path));
      return { uri: artifactUri(path), sha256, bytes: there.bytes };
    },

    ping,
    close,
  };
}
