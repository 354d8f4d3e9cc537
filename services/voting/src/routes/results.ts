import type { FastifyReply } from 'fastify';

/**
 * Answers with `{"results": […]}`, each result written as JSON when it is made: a request of thousands of them
 * never holds up others for all at once.
 */
export async function sendResults<T>(
  reply: FastifyReply,
  results: AsyncIterable<T>,
  view: (result: T) => object | null,
): Promise<FastifyReply> {
  const written: string[] = [];
  for await (const result of results) written.push(JSON.stringify(view(result)));
  return reply.type('application/json; charset=utf-8').send(`{"results":[${written.join(',')}]}`);
}
