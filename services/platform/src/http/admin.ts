import Fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from '../metrics.ts';

/** A named condition without which the service cannot work; throws when it does not hold. */
export type ReadinessCheck = { name: string; check: () => Promise<void> };

export type AdminOptions = {
  metrics: Registry;
  checks: () => ReadinessCheck[];
  /** False before the service has started and from the beginning of its shutdown. */
  isOpen: () => boolean;
};

/** The port for the platform's eyes: /livez, /readyz (with each check's outcome) and /metrics. */
export function createAdminServer(options: AdminOptions): FastifyInstance {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  app.get('/livez', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const failures: Record<string, string> = options.isOpen()
      ? {}
      : { service: 'starting or stopping' };
    await Promise.all(
      options.checks().map(({ name, check }) =>
        check().catch((error: unknown) => {
          failures[name] = error instanceof Error ? error.message : String(error);
        }),
      ),
    );
    const ready = Object.keys(failures).length === 0;
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'not ready', failures });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.metrics()),
  );
  return app;
}
