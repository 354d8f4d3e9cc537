import { describe, expect, it } from 'vitest';
import { openArtifacts } from './open.ts';
import { parseS3Url } from './s3-url.ts';

const bare = { prefix: '', endpoint: undefined, region: undefined };

describe('parseS3Url', () => {
  it.each([
    ['s3://bucket', { ...bare, bucket: 'bucket' }],
    ['s3://bucket/', { ...bare, bucket: 'bucket' }],
    ['s3://my.bucket-1/a/b/', { ...bare, bucket: 'my.bucket-1', prefix: 'a/b' }],
    [
      's3://bucket/a%20b/ü?region=eu-west-1',
      { bucket: 'bucket', prefix: 'a b/ü', endpoint: undefined, region: 'eu-west-1' },
    ],
    [
      's3://bucket?endpoint=http://127.0.0.1:7070',
      { ...bare, bucket: 'bucket', endpoint: 'http://127.0.0.1:7070/', region: 'us-east-1' },
    ],
    [
      's3://bucket/x?endpoint=https%3A%2F%2Fs3.example.org&region=auto',
      { bucket: 'bucket', prefix: 'x', endpoint: 'https://s3.example.org/', region: 'auto' },
    ],
  ])('reads %s', (url, location) => {
    expect(parseS3Url(url)).toEqual(location);
  });

  it.each([
    ['s3:', /bucket/],
    ['s3:bucket', /bucket ''/],
    ['https://bucket', /must be s3:/],
    ['s3://ab', /3 to 63/],
    ['s3://My_Bucket', /3 to 63/],
    ['s3://bucket:80/x', /'bucket:80'/],
    ['s3://key:secret@bucket', /no credentials/],
    ['s3://bucket/a//b', /prefix 'a\/\/b'.*empty/],
    ['s3://bucket/a%0Ab', /control characters/],
    ['s3://bucket/%zz', /prefix '%zz'/],
    ['s3://bucket/a#b', /%23/],
    ['s3://bucket?regoin=x', /'regoin'.*endpoint and region/],
    ['s3://bucket?region=a&region=b', /region twice/],
    ['s3://bucket?region=', /region ''/],
    ['s3://bucket?region=a b', /region 'a b'/],
    ['s3://bucket?endpoint=127.0.0.1:7070', /endpoint.*http:\/\/host:port/],
    ['s3://bucket?endpoint=ftp://host', /endpoint/],
    ['s3://bucket?endpoint=http://user:secret@host', /endpoint/],
  ])('refuses %s', (url, message) => {
    expect(() => parseS3Url(url)).toThrow(
      expect.objectContaining({
        reason: 'INVALID_ARGUMENT',
        field: 'artifacts',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('keeps secrets out of messages', async () => {
    for (const url of ['s3://key:secret@bucket', 's3://bucket?endpoint=http://user:secret@host'])
      await expect(openArtifacts(url)).rejects.not.toThrow(/secret@/);
  });
});
