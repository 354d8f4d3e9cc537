import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { ParleyError } from '@parley/platform';
import { installS3 } from './install.ts';
import { createServer, type Server, type ServerOptions } from './server.ts';

/** The AWS SDK finds these in the environment of its process; those of every local S3 are the same. */
export const S3_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'parley',
  AWS_SECRET_ACCESS_KEY: 'parley-on-loopback',
} as const;

export type S3Server = Server & { readonly environment: typeof S3_ENVIRONMENT };

const BUCKET = 'parley';
const REGION = 'us-east-1';
const PROBE_MS = 2_000;

/**
 * An S3 gateway (versitygw) over a folder, with the bucket `parley`. The folder's file system must have
 * extended attributes.
 */
export async function createS3(options: ServerOptions): Promise<S3Server> {
  const data = join(resolve(options.dir), 'data');
  // A path of its own, so that another server on the port is not taken for this one.
  const health = `/health-${createHash('sha256').update(data).digest('hex')}`;
  const server = await createServer(
    {
      name: 's3',
      ports: 1,
      url: ([port]) => `s3://${BUCKET}?endpoint=${endpoint(port as number)}&region=${REGION}`,
      prepare: async ([port]) => {
        const program = await installS3();
        mkdirSync(data, { recursive: true });
        const keys = ['--access', S3_ENVIRONMENT.AWS_ACCESS_KEY_ID];
        const secret = ['--secret', S3_ENVIRONMENT.AWS_SECRET_ACCESS_KEY];
        const listen = ['--port', `127.0.0.1:${port}`, '--region', REGION, '--health', health];
        return [program, ...keys, ...secret, ...listen, '--keep-alive', '--quiet', 'posix', data];
      },
      probe: async ([port]) => {
        const url = endpoint(port as number) + health;
        const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
        if (!ok) throw new ParleyError('UNAVAILABLE', `${url} answered ${status}`);
        await makeBucket(port as number);
      },
    },
    options,
  );
  return Object.defineProperty(server, 'environment', { value: S3_ENVIRONMENT }) as S3Server;
}

function endpoint(port: number): string {
  return `http://127.0.0.1:${port}`;
}

async function makeBucket(port: number): Promise<void> {
  const client = new S3Client({
    endpoint: endpoint(port),
    region: REGION,
    forcePathStyle: true,
    credentials: {
      accessKeyId: S3_ENVIRONMENT.AWS_ACCESS_KEY_ID,
      secretAccessKey: S3_ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
    },
    maxAttempts: 1,
  });
  try {
    const abortSignal = AbortSignal.timeout(PROBE_MS);
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }), { abortSignal });
  } catch (thrown) {
    if (!(thrown instanceof BucketAlreadyOwnedByYou)) throw thrown;
  } finally {
    client.destroy();
  }
}
