import { ParleyError, type Reason } from '../errors.ts';

/** What was asked of S3, for messages: the operation as S3 names it, and on what. */
export type S3Request = { operation: string; bucket: string; path: string | undefined };

/** What IAM must allow for an operation. Without s3:ListBucket an absent key is denied, not absent. */
const PERMISSIONS: Record<string, string> = {
  HeadBucket: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  HeadObject: 's3:GetObject and s3:ListBucket',
  GetObject: 's3:GetObject and s3:ListBucket',
  PutObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
};

const CREDENTIALS = [
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
];
const THROTTLED = ['RequestLimitExceeded', 'SlowDown', 'Throttling', 'TooManyRequests'];
const CONTESTED = ['ConditionalRequestConflict', 'NoSuchUpload', 'OperationAborted'];
/** A server that refuses a write before it has read the content may break the connection. */
const BROKEN = ['ECONNRESET', 'EPIPE'];

/**
 * What the AWS SDK threw, as a ParleyError that names the bucket, the path and S3's own code: NOT_FOUND for
 * an absent object, CONFLICT where something stands in the way, OVERLOADED when S3 asks to slow down, else
 * UNAVAILABLE.
 */
export function fromS3(thrown: unknown, request: S3Request): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const { operation, bucket, path } = request;
  const code = codeOf(thrown);
  const what = `${operation}${path === undefined ? '' : ` of ${path}`}`;
  const message = thrown instanceof Error && thrown.message !== '' ? `: ${thrown.message}` : '';
  const failed = (reason: Reason, hint = '') =>
    new ParleyError(
      reason,
      `S3 bucket ${bucket}: ${what}: ${code}${message}${hint && `; ${hint}`}`,
      { cause: thrown },
    );
  const status = statusOf(thrown);
  if (code === 'NoSuchBucket')
    return failed('UNAVAILABLE', 'the bucket does not exist; create it or name another');
  if (code === 'NoSuchKey' || code === 'NotFound')
    return new ParleyError('NOT_FOUND', `there is no artifact ${path}`, { cause: thrown });
  if (CONTESTED.includes(code)) return failed('UNAVAILABLE');
  if (status === 409 || status === 412) return failed('CONFLICT');
  if (THROTTLED.includes(code) || status === 429) return failed('OVERLOADED');
  if (CREDENTIALS.includes(code))
    return failed('UNAVAILABLE', 'give the AWS SDK valid credentials, by environment or role');
  if (status === 301 || code === 'AuthorizationHeaderMalformed')
    return failed('UNAVAILABLE', 'the bucket may be in another region; name it as region=…');
  if (status === 403)
    return failed(
      'UNAVAILABLE',
      `the credentials must be valid and allow ${PERMISSIONS[operation]} on ${bucket}`,
    );
  return failed('UNAVAILABLE');
}

/** Whether a write failed in a way that leaves open what now stands at its path. */
export function isContested(thrown: unknown): boolean {
  if (!(thrown instanceof ParleyError)) return false;
  if (thrown.reason === 'CONFLICT') return true;
  return [...CONTESTED, ...BROKEN].includes(codeOf(thrown.cause));
}

/** S3's code or, when there was no answer, the system's. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return thrown.name;
}

function statusOf(thrown: unknown): number | undefined {
  const metadata = (thrown as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata;
  return metadata?.httpStatusCode;
}
