import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastify from 'fastify';
import type { Core } from './core.ts';
import { ApiError } from './errors.ts';
import { addRoutes } from './routes.ts';

const BODY_LIMIT = 32 * 1024 * 1024;

/** An HTTP server that speaks vLLM's wire format for an engine; not yet listening. */
export function createServer(core: Core): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: BODY_LIMIT, forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text));
  const { apiKey } = core.config;
  if (apiKey !== null) {
    app.addHook('onRequest', async (request, reply) => {
      if (!request.url.startsWith('/v1/')) return;
      if (request.headers.authorization === `Bearer ${apiKey}`) return;
      return reply.code(401).send({ error: 'Unauthorized' });
    });
  }
  addRoutes(app, core);
  const allowed = new Map<string, string>();
  for (const [path, method] of ENDPOINTS) allowed.set(path, method);
  app.setNotFoundHandler((request, reply) => {
    const method = allowed.get(request.url.split('?')[0] ?? '');
    if (method === undefined) return reply.code(404).send({ detail: 'Not Found' });
    return reply.code(405).header('allow', method).send({ detail: 'Method Not Allowed' });
  });
  app.setErrorHandler(sendError);
  return app;
}

const ENDPOINTS: readonly (readonly [path: string, method: string])[] = [
  ['/health', 'GET'],
  ['/version', 'GET'],
  ['/load', 'GET'],
  ['/metrics', 'GET'],
  ['/v1/models', 'GET'],
  ['/v1/chat/completions', 'POST'],
  ['/v1/completions', 'POST'],
  ['/v1/embeddings', 'POST'],
  ['/tokenize', 'POST'],
  ['/v1/load_lora_adapter', 'POST'],
  ['/v1/unload_lora_adapter', 'POST'],
];

function sendError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof ApiError) return reply.code(error.status).send(error.body());
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  const known = status < 500 && error instanceof Error;
  const message = known ? error.message : 'Internal server error';
  const type = known ? 'BadRequestError' : 'InternalServerError';
  return reply.code(status).send(new ApiError(status, type, message).body());
}
