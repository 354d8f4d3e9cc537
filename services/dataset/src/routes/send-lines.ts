import { Readable } from 'node:stream';
import type { ArtifactRef, Artifacts } from '@parley/platform';
import type { FastifyReply } from 'fastify';

/** Answers with an artifact's JSONL. The connection breaks off if the content is not what it should be. */
export function sendLines(
  reply: FastifyReply,
  artifacts: Artifacts,
  { uri, sha256, bytes }: ArtifactRef & { bytes: number },
): FastifyReply {
  return reply
    .type('application/x-ndjson')
    .header('content-length', bytes)
    .header('etag', `"${sha256}"`)
    .send(Readable.from(artifacts.stream({ uri, sha256 }), { objectMode: false }));
}
