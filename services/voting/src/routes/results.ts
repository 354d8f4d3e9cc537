import { Readable } from 'node:stream';
import { ParleyError } from '@parley/platform';
import type { FastifyReply } from 'fastify';
import { MAX_RESULTS_BYTES } from '../limits.ts';

/** Characters of results that are sent as one chunk, or a few more. */
const CHUNK = 64 * 1024;

/**
 * Answers with `{"results": […]}`, each result written as JSON when it is made: a request of thousands of them
 * never holds up others for all at once. Nothing is sent before the last is made, so that an error is still answered
 * by its status.
 * @throws ParleyError LIMIT_EXCEEDED once they take more than `limit` bytes.
 */
export async function sendResults<T>(
  reply: FastifyReply,
  results: AsyncIterable<T>,
  view: (result: T) => object | null,
  limit = MAX_RESULTS_BYTES,
): Promise<FastifyReply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let text = '{"results":[';
  let comma = '';
  function push(): void {
    const chunk = Buffer.from(text);
    bytes += chunk.length;
    if (bytes > limit)
      throw new ParleyError(
        'LIMIT_EXCEEDED',
        `the results take more than the limit of ${limit} bytes; ask for fewer in one request`,
      );
    chunks.push(chunk);
    text = '';
  }
  for await (const result of results) {
    text += comma + JSON.stringify(view(result));
    comma = ',';
    if (text.length >= CHUNK) push();
  }
  text += ']}';
  push();
  return reply
    .headers({ 'content-type': 'application/json; charset=utf-8', 'content-length': bytes })
    .send(Readable.from(chunks));
}
