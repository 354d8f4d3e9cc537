import {
  type $Command,
  GetObjectCommand,
  S3Client,
  type S3ClientResolvedConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { invalid, ParleyError } from '../errors.ts';
import { fromS3 } from './s3-errors.ts';
import type { S3Location } from './s3-url.ts';

/** Milliseconds until a connection must stand, and for which it may then be silent. */
const CONNECT = 3_000;
const IDLE = 20_000;
/** How often a request is sent in all; each that Parley makes may be repeated. */
const ATTEMPTS = 3;
/** More connections at once than this wait for a free one. */
const CONNECTIONS = 256;
const MAX_KEY_BYTES = 1024;

/** A bucket and prefix, with the requests that may be made of it. */
export type S3Bucket = {
  /** The bucket and key of a checked path. @throws ParleyError INVALID_ARGUMENT when the key is too long. */
  at(path: string): { Bucket: string; Key: string };
  /**
   * Sends a command, which ends when `signal`, or else `closed`, aborts.
   * @throws ParleyError as `fromS3`, or the signal's reason if it is one.
   */
  send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: S3Command<Input, Output>,
    path?: string,
    signal?: AbortSignal,
  ): Promise<Output>;
  /** The content of an object, in pieces. @throws ParleyError as `send`. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
  /** Ends what is under way and what comes later with UNAVAILABLE; `destroy` then frees the connections. */
  close(): void;
  destroy(): void;
};

type S3Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/**
 * A bucket with its connections; credentials come by the AWS SDK's chain.
 * @throws ParleyError INVALID_ARGUMENT when no region can be found.
 */
export async function connectS3Bucket(location: S3Location): Promise<S3Bucket> {
  const client = createClient(location);
  await client.config.region().catch((cause: unknown) => {
    throw new ParleyError('INVALID_ARGUMENT', 'the s3: URL needs region=…, or AWS_REGION set', {
      field: 'artifacts',
      cause,
    });
  });
  const { bucket, prefix } = location;
  const closing = new AbortController();

  const made: S3Bucket = {
    at(path) {
      const key = prefix === '' ? path : `${prefix}/${path}`;
      if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES)
        throw invalid('path', `with its prefix must have at most ${MAX_KEY_BYTES} bytes in S3`);
      return { Bucket: bucket, Key: key };
    },

    async send(command, path, signal = closing.signal) {
      try {
        signal.throwIfAborted();
        return await client.send(command, { abortSignal: signal });
      } catch (thrown) {
        const operation = command.constructor.name.replace(/Command$/, '');
        const cause = signal.aborted ? signal.reason : thrown;
        throw fromS3(cause, { operation, bucket, path });
      }
    },

    async *read(path) {
      const { Body } = await made.send(new GetObjectCommand(made.at(path)), path);
      try {
        yield* Body as AsyncIterable<Uint8Array>;
      } catch (thrown) {
        const cause = closing.signal.aborted ? closing.signal.reason : thrown;
        throw fromS3(cause, { operation: 'GetObject', bucket, path });
      }
    },

    closed: closing.signal,

    close() {
      closing.abort(new ParleyError('UNAVAILABLE', 'the artifacts are closed'));
    },

    destroy: () => client.destroy(),
  };
  return made;
}

function createClient({ endpoint, region }: S3Location): S3Client {
  const connections = { keepAlive: true, maxSockets: CONNECTIONS };
  return new S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    defaultsMode: 'standard',
    retryMode: 'standard',
    maxAttempts: ATTEMPTS,
    // The signature covers the content's SHA-256 and readers check it: CRC32 would only cost time.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The handler would send such a request over a connection of its own.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT,
      socketTimeout: IDLE,
      httpAgent: connections,
      httpsAgent: connections,
    },
  });
}
