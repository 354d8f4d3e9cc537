import type { FastifyInstance } from 'fastify';
import type { ServiceConfig } from './config.ts';
import { ParleyError } from './errors.ts';
import { createGrpcServer, type GrpcServer } from './grpc/server.ts';
import { createAdminServer, type ReadinessCheck } from './http/admin.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import { Resources, type Service } from './lifecycle.ts';
import { createLog, type Log } from './log.ts';
import { createMetrics, Gauge, type Registry, sample } from './metrics.ts';

/** Base URLs and addresses under which a host answers. */
export type Addresses = { http: string; grpc: string; admin: string };

/**
 * What services are put into: the three servers of one process (REST, gRPC, admin), its log and its metrics.
 * A service registers routes and implementations when it is created; the host listens once all have started.
 */
export type Host = {
  log: Log;
  metrics: Registry;
  http: HttpServer;
  grpc: GrpcServer;
  addReadiness(check: ReadinessCheck): void;
  /** Adds a group of consumers to the metric `parley_events_lag`. */
  addLag(group: LagSource): void;
  /** Starts the services in order, then listens. */
  start(services: Service[]): Promise<Addresses>;
  /** Aborted when the host begins to stop: what only waits or watches is to end. */
  closing: AbortSignal;
  /**
   * Not ready, intake closed; what is under way gets `drainSeconds` to end; then the services are destroyed in
   * reverse order, admin last. Idempotent.
   */
  stop(): Promise<void>;
  /** Milliseconds that `stop` may take. */
  graceMs: number;
};

/** A group that consumes a topic, and how many of its events the group has not handled yet. */
export type LagSource = { topic: string; group: string; lag: () => Promise<number> };

type HostConfig = Pick<
  ServiceConfig,
  'host' | 'httpPort' | 'grpcPort' | 'adminPort' | 'logLevel' | 'drainSeconds'
>;

/** Milliseconds for closing what has been drained. */
const CLOSE_MS = 10_000;

/** A host for the service, or the suite, of that name; `log` is where it logs to, standard output by default. */
export async function createHost(
  name: string,
  config: HostConfig,
  log: Log = createLog({ level: config.logLevel, service: name }),
): Promise<Host> {
  const metrics = createMetrics({ defaults: true });
  const http = await createHttpServer({ title: `Parley ${name}`, log, metrics });
  const grpc = createGrpcServer({
    host: config.host,
    port: config.grpcPort,
    onError: (error, call) => log.error({ err: error, ...call }, 'call failed'),
  });
  const checks: ReadinessCheck[] = [];
  let open = false;
  let services: Service[] = [];
  let stopped: Promise<void> | undefined;
  const closing = new AbortController();
  const drainMs = config.drainSeconds * 1000;
  const admin = createAdminServer({ metrics, checks: () => checks, isOpen: () => open });

  async function close(): Promise<void> {
    open = false;
    grpc.setServing(false);
    closing.abort();
    const cut = setTimeout(() => http.server.closeAllConnections(), drainMs);
    const drained = [http.close(), grpc.stop(drainMs), ...services.map((one) => one.drain?.())];
    for (const outcome of await Promise.allSettled(drained))
      if (outcome.status === 'rejected') log.error({ err: outcome.reason }, 'draining failed');
    clearTimeout(cut);
    const rest = new Resources();
    rest.add('admin', () => admin.close());
    for (const service of services) rest.add('a service', () => service.destroy());
    await rest.release();
  }

  return {
    log,
    metrics,
    http,
    grpc,
    addReadiness: (check) => checks.push(check),
    addLag: lagMetric(metrics),
    closing: closing.signal,
    graceMs: drainMs + CLOSE_MS,
    async start(started) {
      services = started;
      const grpcPort = await grpc.start();
      for (const service of services) await service.start();
      await listen(http, config.host, config.httpPort, 'PARLEY_HTTP_PORT');
      await listen(admin, config.host, config.adminPort, 'PARLEY_ADMIN_PORT');
      open = true;
      return {
        http: `http://${config.host}:${portOf(http)}`,
        grpc: `${config.host}:${grpcPort}`,
        admin: `http://${config.host}:${portOf(admin)}`,
      };
    },
    stop() {
      stopped ??= close();
      return stopped;
    },
  };
}

/** A gauge that asks when it is read; a group whose lag cannot be had then is left out. */
function lagMetric(registry: Registry): (source: LagSource) => void {
  const sources: LagSource[] = [];
  new Gauge({
    name: 'parley_events_lag',
    help: 'Events that a group of consumers has not handled yet',
    labelNames: ['topic', 'group'],
    registers: [registry],
    async collect() {
      await sample(this, async () => {
        const asked = sources.map(async ({ topic, group, lag }) =>
          this.set({ topic, group }, await lag()),
        );
        await Promise.allSettled(asked);
      });
    },
  });
  return (source) => sources.push(source);
}

async function listen(
  app: Pick<FastifyInstance, 'listen'>,
  host: string,
  port: number,
  variable: string,
): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const inUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const why = inUse ? 'is in use; choose another, or 0 for a free one' : String(cause);
    throw new ParleyError('INVALID_ARGUMENT', `${variable}: ${host}:${port} ${why}`, { cause });
  }
}

function portOf(app: { server: FastifyInstance['server'] }): number {
  const address = app.server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}
