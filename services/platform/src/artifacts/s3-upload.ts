import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ParleyError } from '../errors.ts';
import type { S3Bucket } from './s3-bucket.ts';
import type { Part } from './s3-parts.ts';

/** Parts on their way at once; with the one that is filled they bound the memory of an upload. */
const IN_FLIGHT = 2;
const MAX_PARTS = 10_000;
/**
 * Milliseconds that the parts on their way are given when an upload ends: one that S3 has received but not
 * yet stored when it forgets the upload may stay for good. Then those for telling S3 to forget it.
 */
const SETTLE = 3_000;
const FORGET = 5_000;

/** An object that is sent in parts and does not exist before `complete`. */
export type Upload = {
  /**
   * Sends the next part and releases it when S3 has it; resolves when it is on its way.
   * @throws ParleyError what an earlier part failed with; LIMIT_EXCEEDED past 10,000 parts.
   */
  add(part: Part): Promise<void>;
  /** What was added; resolves when S3 has it all. @throws ParleyError as `add`. */
  sent(): Promise<{ sha256: string; bytes: number }>;
  /** Makes the object, unless one stands at its path. @throws ParleyError for which see `isContested`. */
  complete(): Promise<void>;
  /** Makes S3 forget the parts of what is not complete, within 8 seconds. Never throws; idempotent. */
  end(): Promise<void>;
};

/**
 * Begins an upload. S3 keeps the parts of an upload whose process died, or that ended while S3 was away or
 * did not answer, until a lifecycle rule of the bucket (AbortIncompleteMultipartUpload) removes them.
 * @throws ParleyError UNAVAILABLE
 */
export async function startUpload(
  bucket: S3Bucket,
  path: string,
  metadata: Record<string, string>,
): Promise<Upload> {
  const target = bucket.at(path);
  const { UploadId } = await bucket.send(
    new CreateMultipartUploadCommand({ ...target, Metadata: metadata }),
    path,
  );
  const upload = { ...target, UploadId };
  const failing = new AbortController();
  const cutting = new AbortController();
  // In this order: of several that are aborted, Node may give the reason of the first one listed.
  const stopped = AbortSignal.any([bucket.closed, failing.signal]);
  const digest = createHash('sha256');
  const parts: { PartNumber: number; ETag: string | undefined }[] = [];
  const inFlight = new Set<Promise<void>>();
  let bytesAdded = 0;
  let ended: Promise<void> | undefined;

  async function sendPart(number: number, part: Part): Promise<void> {
    const command = new UploadPartCommand({ ...upload, PartNumber: number, Body: part.bytes });
    try {
      const { ETag } = await bucket.send(command, path, cutting.signal);
      parts[number - 1] = { PartNumber: number, ETag };
      part.release();
    } catch (thrown) {
      failing.abort(thrown);
    }
  }

  async function forget(): Promise<void> {
    const reason = new ParleyError('CANCELLED', `the upload of ${path} ended`);
    failing.abort(reason);
    const timer = setTimeout(() => cutting.abort(reason), SETTLE);
    await Promise.all(inFlight);
    clearTimeout(timer);
    const signal = AbortSignal.timeout(FORGET);
    await bucket.send(new AbortMultipartUploadCommand(upload), path, signal).catch(() => undefined);
  }

  let number = 0;
  return {
    async add(part) {
      while (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
      stopped.throwIfAborted();
      if (++number > MAX_PARTS)
        throw new ParleyError(
          'LIMIT_EXCEEDED',
          `${path}: must fit in ${MAX_PARTS} parts of ${part.bytes.byteLength} bytes`,
        );
      digest.update(part.bytes);
      bytesAdded += part.bytes.byteLength;
      const sending: Promise<void> = sendPart(number, part).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
    },

    async sent() {
      while (inFlight.size > 0 && !stopped.aborted) await Promise.race(inFlight);
      stopped.throwIfAborted();
      return { sha256: digest.digest('hex'), bytes: bytesAdded };
    },

    async complete() {
      const command = new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts: parts },
        IfNoneMatch: '*',
      });
      await bucket.send(command, path);
      ended = Promise.resolve();
    },

    end() {
      ended ??= forget();
      return ended;
    },
  };
}
