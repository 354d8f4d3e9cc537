import type { FastifyInstance } from 'fastify';
import type { ServiceConfig } from './config.ts';
import { ParleyError } from './errors.ts';
import { createGrpcServer, type GrpcServer } from './grpc/server.ts';
import { createAdminServer, type ReadinessCheck } from './http/admin.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import type { Service } from './lifecycle.ts';
import { createLog, type Log } from './log.ts';
import { createMetrics, type Registry } from './metrics.ts';

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
  /** Starts the services in order, then listens. */
  start(services: Service[]): Promise<Addresses>;
  /** Not ready, intake closed, services destroyed in reverse order, admin last. Idempotent. */
  stop(): Promise<void>;
};

type HostConfig = Pick<ServiceConfig, 'host' | 'httpPort' | 'grpcPort' | 'adminPort' | 'logLevel'>;

/** Milliseconds that running gRPC calls get to end at shutdown. */
const DRAIN_MS = 5_000;

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
  const admin = createAdminServer({ metrics, checks: () => checks, isOpen: () => open });

  async function close(): Promise<void> {
    open = false;
    grpc.setServing(false);
    await http.close();
    const drained = grpc.stop(DRAIN_MS);
    for (const service of services.toReversed()) await service.destroy();
    await drained;
    await admin.close();
  }

  return {
    log,
    metrics,
    http,
    grpc,
    addReadiness: (check) => checks.push(check),
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
