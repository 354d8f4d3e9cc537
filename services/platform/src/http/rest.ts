import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem } from './problem.ts';

/** Query of a list: how many, and from where. */
export const PageQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 50 }),
    cursor: Type.Optional(Type.String({ description: 'The `next` of the page before' })),
  },
  { additionalProperties: false },
);

/** The problem responses that every route can give, for its OpenAPI entry. */
export const problems = { '4xx': Problem, '5xx': Problem } as const;

/** Seconds that the caller is willing to wait (`Prefer: wait=N`, RFC 7240), or undefined. */
export function preferredWait(request: FastifyRequest): number | undefined {
  const header = request.headers.prefer;
  const match = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(
    Array.isArray(header) ? header.join(',') : (header ?? ''),
  );
  return match ? Number(match[1]) : undefined;
}

/**
 * A signal that aborts when the client goes away before the answer is complete.
 * @param closing another signal that aborts it, for an answer that should not hold up a shutdown.
 */
export function clientGone(reply: FastifyReply, closing?: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort();
  if (closing?.aborted) stop();
  closing?.addEventListener('abort', stop);
  reply.raw.once('close', () => {
    closing?.removeEventListener('abort', stop);
    if (!reply.raw.writableFinished) stop();
  });
  return controller.signal;
}

/** One server-sent event; `id` comes back as Last-Event-ID when the client resumes. */
export type ServerSentEvent = { id?: string; event: string; data: unknown };

/** Sent as a comment, so that proxies do not close a stream on which nothing happens. */
export const KEEP_ALIVE = 'keep-alive';

/** Answers with a stream of server-sent events; ends the iteration when the client goes away. */
export function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<ServerSentEvent | typeof KEEP_ALIVE>,
): FastifyReply {
  return reply
    .header('content-type', 'text/event-stream')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(Readable.from(formatted(events)));
}

async function* formatted(
  events: AsyncIterable<ServerSentEvent | typeof KEEP_ALIVE>,
): AsyncIterable<string> {
  for await (const one of events) {
    if (one === KEEP_ALIVE) yield ': keep-alive\n\n';
    else
      yield `${one.id === undefined ? '' : `id: ${one.id}\n`}event: ${one.event}\ndata: ${JSON.stringify(one.data)}\n\n`;
  }
}
