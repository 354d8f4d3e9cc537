import Fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from '../metrics.ts';
import { inTime } from '../work/in-time.ts';

/**
 * A named condition of the service's work; throws when it does not hold. One that is needed `always` makes the
 * replica not ready whenever it fails; one that is needed `once` has to hold before the replica becomes ready, and
 * is only told from then on: what waits for it meanwhile is kept.
 */
export type ReadinessCheck = {
  name: string;
  needed: 'always' | 'once';
  check: () => Promise<void>;
};

/** A prober gives up on an answer sooner than a server that hangs. */
const CHECK_MS = 2_000;

export type AdminOptions = {
  metrics: Registry;
  checks: () => ReadinessCheck[];
  /** False before the service has started and from the beginning of its shutdown. */
  isOpen: () => boolean;
};

/** The port for the platform's eyes: /livez, /readyz (with each check that failed: `failures` make it not ready, `missed` do not) and /metrics. */
export function createAdminServer(options: AdminOptions): FastifyInstance {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  app.get('/livez', () => ({ status: 'ok' }));
  const held = new Set<ReadinessCheck>();
  app.get('/readyz', async (_request, reply) => {
    const failures: Record<string, string> = {};
    const missed: Record<string, string> = {};
    if (!options.isOpen()) failures.service = 'starting or stopping';
    await Promise.all(
      options.checks().map(async (one) => {
        try {
          await inTime(CHECK_MS, one.check());
          held.add(one);
        } catch (error) {
          const words = error instanceof Error ? error.message : String(error);
          if (one.needed === 'once' && held.has(one)) missed[one.name] = words;
          else failures[one.name] = words;
        }
      }),
    );
    const ready = Object.keys(failures).length === 0;
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ok' : 'not ready', failures, missed });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.metrics()),
  );
  return app;
}
