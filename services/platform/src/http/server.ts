import fastifySwagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import scalarReference from '@scalar/fastify-api-reference';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import { ParleyError, REASONS } from '../errors.ts';
import type { Log } from '../log.ts';
import { Histogram, type Registry } from '../metrics.ts';
import { newTraceId, traceIdOf } from '../trace.ts';
import { fromFastify, toProblem } from './problem.ts';

/** A fastify instance whose routes are typed by their TypeBox schemas. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export type HttpServerOptions = { title: string; log: Log; metrics: Registry; bodyLimit?: number };

/** Bytes of a request's body unless a route says otherwise. */
export const DEFAULT_BODY_LIMIT = 1024 * 1024;

const brief = addFormats.default(new Ajv({ useDefaults: true, strict: false }));

/**
 * The `validatorCompiler` of routes with large bodies: it names the first thing that is wrong, where that of other
 * routes names all, which a hostile body may have millions of.
 */
export function toFirstError({ schema }: { schema: unknown }): ValidateFunction {
  return brief.compile(schema as object);
}

/**
 * The REST server: bodies are validated as they are (unknown fields refused, nothing coerced), parameters
 * after conversion; errors are problem documents whose `instance` is the request's trace id; OpenAPI 3.1 stands at /openapi.json, its reference page at
 * /reference.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const bodyLimit = options.bodyLimit ?? DEFAULT_BODY_LIMIT;
  const app: HttpServer = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'trace' }),
    genReqId: (request) => traceIdOf(request.headers.traceparent) ?? newTraceId(),
    bodyLimit,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
  }).withTypeProvider<TypeBoxTypeProvider>();

  const strict = addFormats.default(new Ajv({ allErrors: true, useDefaults: true, strict: false }));
  const converting = addFormats.default(
    new Ajv({ allErrors: true, useDefaults: true, strict: false, coerceTypes: true }),
  );
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? strict : converting).compile(schema as object),
  );

  app.setErrorHandler(async (thrown, request, reply) => {
    const error = fromFastify(thrown as Error, request.routeOptions.bodyLimit ?? bodyLimit);
    const problem = toProblem(error, request.id);
    if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
    if (error.retryAfter !== undefined) reply.header('retry-after', Math.ceil(error.retryAfter));
    await reply.code(problem.status).type('application/problem+json').send(problem);
  });
  app.setNotFoundHandler(async (request, reply) => {
    const error = new ParleyError(
      'NOT_FOUND',
      `${request.method} ${request.url} is not a route; GET /openapi.json lists them`,
    );
    await reply
      .code(REASONS.NOT_FOUND.http)
      .type('application/problem+json')
      .send(toProblem(error, request.id));
  });
  observe(app, options.metrics);

  await app.register(fastifySwagger, {
    openapi: { openapi: '3.1.0', info: { title: options.title, version: '0.1.0' } },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(scalarReference, { routePrefix: '/reference' });
  return app;
}

function observe(app: HttpServer, registry: Registry): void {
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of REST requests',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 60],
    registers: [registry],
  });
  app.addHook('onResponse', (request, reply, done) => {
    duration.observe(
      {
        http_request_method: request.method,
        http_route: request.routeOptions.url ?? 'none',
        http_response_status_code: String(reply.statusCode),
      },
      reply.elapsedTime / 1000,
    );
    done();
  });
}
