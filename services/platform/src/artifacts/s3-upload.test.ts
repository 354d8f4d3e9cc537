import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ParleyError } from '../errors.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { startUpload } from './s3-upload.ts';

type Answer = { ETag: string };

/** A bucket that tells what it is asked and leaves parts unanswered until told to. */
function createBucket() {
  const asked: string[] = [];
  const answers: PromiseWithResolvers<Answer>[] = [];
  const closing = new AbortController();
  async function send(command: unknown, _path?: string, signal?: AbortSignal): Promise<unknown> {
    if (command instanceof CreateMultipartUploadCommand) return { UploadId: 'u' };
    if (command instanceof AbortMultipartUploadCommand) return void asked.push('abort');
    if (!(command instanceof UploadPartCommand)) throw new Error('not expected');
    const answer = Promise.withResolvers<Answer>();
    const number = command.input.PartNumber;
    asked.push(`part ${number}`);
    answers.push(answer);
    signal?.addEventListener('abort', () => {
      asked.push(`cut ${number}`);
      answer.reject(signal.reason);
    });
    return answer.promise;
  }
  const bucket = {
    at: (path: string) => ({ Bucket: 'b', Key: path }),
    send: send as S3Bucket['send'],
    closed: closing.signal,
    close: () => closing.abort(new ParleyError('UNAVAILABLE', 'closed')),
  };
  return { bucket: bucket as S3Bucket, asked, answers };
}

const part = () => ({ bytes: Buffer.from('part'), last: false, release: vi.fn() });

describe('an upload that ends before it is complete', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['its content', 'the upload of a ended'],
    ['a part', 'the disk is full'],
    ['the bucket', 'closed'],
  ])('lets parts arrive before it is forgotten, when %s ended it', async (what, message) => {
    const { bucket, asked, answers } = createBucket();
    const upload = await startUpload(bucket, 'a', {});
    await upload.add(part());
    await upload.add(part());
    const failure = new ParleyError('UNAVAILABLE', 'the disk is full');
    if (what === 'a part') {
      answers[0]?.reject(failure);
      await expect(upload.sent()).rejects.toBe(failure);
    } else answers[0]?.resolve({ ETag: 'e' });
    if (what === 'the bucket') bucket.close();
    const ended = upload.end();
    await new Promise(setImmediate);
    expect(asked).toEqual(['part 1', 'part 2']);
    answers[1]?.resolve({ ETag: 'e' });
    await ended;
    expect(asked).toEqual(['part 1', 'part 2', 'abort']);
    await expect(upload.add(part())).rejects.toMatchObject({ message });
  });

  it('cuts off parts that do not arrive, and is then forgotten', async () => {
    vi.useFakeTimers();
    const { bucket, asked } = createBucket();
    const upload = await startUpload(bucket, 'a', {});
    await upload.add(part());
    await upload.add(part());
    const ended = upload.end();
    await vi.advanceTimersByTimeAsync(2_999);
    expect(asked).toEqual(['part 1', 'part 2']);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(asked).toEqual(['part 1', 'part 2', 'cut 1', 'cut 2', 'abort']);
  });
});
