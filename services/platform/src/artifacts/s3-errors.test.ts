import { describe, expect, it } from 'vitest';
import { ParleyError } from '../errors.ts';
import { fromS3, isContested } from './s3-errors.ts';

function answer(name: string, status: number, message = 'why') {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

const put = { operation: 'PutObject', bucket: 'b', path: 'a/x' };

describe('fromS3', () => {
  it.each([
    [answer('NoSuchKey', 404), 'GetObject', 'NOT_FOUND', /^there is no artifact a\/x$/],
    [answer('NotFound', 404), 'HeadObject', 'NOT_FOUND', /^there is no artifact a\/x$/],
    [
      answer('NoSuchBucket', 404),
      'GetObject',
      'UNAVAILABLE',
      /bucket b: .*NoSuchBucket.*create it/,
    ],
    [
      answer('NoSuchUpload', 404),
      'UploadPart',
      'UNAVAILABLE',
      /UploadPart of a\/x: NoSuchUpload: why/,
    ],
    [answer('PreconditionFailed', 412), 'PutObject', 'CONFLICT', /PreconditionFailed/],
    [answer('ObjectParentIsFile', 409), 'PutObject', 'CONFLICT', /ObjectParentIsFile/],
    [answer('ConditionalRequestConflict', 409), 'PutObject', 'UNAVAILABLE', /ConditionalRequest/],
    [answer('SlowDown', 503), 'PutObject', 'OVERLOADED', /SlowDown/],
    [answer('InternalError', 500), 'PutObject', 'UNAVAILABLE', /InternalError: why$/],
    [answer('AccessDenied', 403), 'PutObject', 'UNAVAILABLE', /allow s3:PutObject on b$/],
    [
      answer('AccessDenied', 403),
      'GetObject',
      'UNAVAILABLE',
      /s3:GetObject and s3:ListBucket on b$/,
    ],
    [answer('ExpiredToken', 400), 'PutObject', 'UNAVAILABLE', /ExpiredToken.*valid credentials/],
    [answer('PermanentRedirect', 301), 'PutObject', 'UNAVAILABLE', /region=/],
    [
      Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      'PutObject',
      'UNAVAILABLE',
      /PutObject of a\/x: ECONNREFUSED: refused$/,
    ],
    [
      new DOMException('too late', 'TimeoutError'),
      'PutObject',
      'UNAVAILABLE',
      /TimeoutError: too late/,
    ],
    ['text', 'PutObject', 'UNAVAILABLE', /PutObject of a\/x: text$/],
  ])('names %s of %s %s', (thrown, operation, reason, message) => {
    const error = fromS3(thrown, { ...put, operation });
    expect(error).toMatchObject({ reason, message: expect.stringMatching(message), cause: thrown });
  });

  it('leaves a ParleyError as it is', () => {
    const error = new ParleyError('UNAVAILABLE', 'the artifacts are closed');
    expect(fromS3(error, put)).toBe(error);
  });
});

describe('isContested', () => {
  const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', name: 'TimeoutError' });
  it.each([
    [answer('PreconditionFailed', 412), true],
    [answer('ConditionalRequestConflict', 409), true],
    [answer('NoSuchUpload', 404), true],
    [broken, true],
    [answer('NoSuchBucket', 404), false],
    [answer('AccessDenied', 403), false],
    [answer('InternalError', 500), false],
  ])('knows of %s whether something may stand at the path: %s', (thrown, contested) => {
    expect(isContested(fromS3(thrown, put))).toBe(contested);
    expect(isContested(thrown)).toBe(false);
  });
});
