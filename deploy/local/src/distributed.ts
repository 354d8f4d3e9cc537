import { join, resolve } from 'node:path';
import type { Environment } from '@parley/platform';
import { createKafka } from './kafka.ts';
import { createRedis } from './redis.ts';
import { createS3 } from './s3.ts';
import type { Server } from './server.ts';
import { createService, SERVICES, type ServiceName, type ServiceServer } from './service.ts';

/** What the services keep their state in. */
export type Infrastructure = {
  kafka: Server;
  redis: Server;
  s3: Server & { environment: Environment };
};

/** Kafka, Redis and S3 with their data under a folder; not started. */
export async function createInfrastructure(dir: string): Promise<Infrastructure> {
  const [kafka, redis, s3] = await Promise.all([
    createKafka({ dir: join(dir, 'kafka') }),
    createRedis({ dir: join(dir, 'redis') }),
    createS3({ dir: join(dir, 's3') }),
  ]);
  return { kafka, redis, s3 };
}

/** The services as processes of their own, several replicas of some. */
export type Distributed = {
  readonly replicas: Readonly<Record<ServiceName, readonly ServiceServer[]>>;
  /** The REST addresses of the service that answers a path; an Ingress does this in a cluster. */
  rest(path: string): readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Which service answers the REST paths below a prefix. */
const ROUTES: readonly (readonly [prefix: string, service: ServiceName])[] = [
  ['/v1/societies', 'inference'],
  ['/v1/engines', 'inference'],
  ['/v1/debates', 'debate'],
  ['/v1/batches', 'debate'],
  ['/v1/votes', 'voting'],
  ['/v1/grades', 'voting'],
  ['/v1/extractions', 'voting'],
  ['/v1/problem-sets', 'dataset'],
  ['/v1/collections', 'dataset'],
  ['/v1/datasets', 'dataset'],
  ['/v1/cycles', 'finetune'],
  ['/v1/evaluations', 'finetune'],
];

/**
 * The suite as processes on loopback; not started.
 * @param options.dir folder of what the processes write.
 * @param options.replicas processes per service: one, and two of debate and dataset by default.
 * @param options.settings variables for all of them, such as PARLEY_ENGINES and PARLEY_STORE.
 * @param options.own stronger ones of single replicas, by names such as `debate-1`.
 */
export async function createDistributed(options: {
  dir: string;
  settings: Environment;
  replicas?: Partial<Record<ServiceName, number>>;
  own?: Readonly<Record<string, Environment>>;
}): Promise<Distributed> {
  const dir = resolve(options.dir);
  const counts: Partial<Record<ServiceName, number>> = {
    debate: 2,
    dataset: 2,
    ...options.replicas,
  };
  const replicas = {} as Record<ServiceName, ServiceServer[]>;
  for (const service of SERVICES) {
    const names = Array.from({ length: counts[service] ?? 1 }, (_, n) => `${service}-${n + 1}`);
    const servers = names.map((name) => {
      const trainer = { PARLEY_TRAINER_DIR: join(dir, name, 'trainer') };
      const own = options.own?.[name];
      const settings = () => ({ ...trainer, ...peers(), ...options.settings, ...own });
      return createService(service, { dir: join(dir, name), settings });
    });
    replicas[service] = await Promise.all(servers);
  }

  /** Where the services find each other. */
  function peers(): Environment {
    const addressOf = (service: ServiceName) =>
      replicas[service].map(({ addresses }) => addresses.grpc).join(',');
    return {
      PARLEY_INFERENCE_ADDRESS: addressOf('inference'),
      PARLEY_VOTING_ADDRESS: addressOf('voting'),
      PARLEY_DATASET_ADDRESS: addressOf('dataset'),
      PARLEY_DEBATE_ADDRESS: addressOf('debate'),
      PARLEY_ADAPTER_DIR: join(dir, 'adapters'),
    };
  }

  return {
    replicas,
    rest(path) {
      const service = ROUTES.find(([prefix]) => path.startsWith(prefix))?.[1];
      if (service === undefined) throw new Error(`no service answers ${path}`);
      return replicas[service].map(({ addresses }) => addresses.http);
    },
    async start() {
      for (const service of SERVICES)
        await Promise.all(replicas[service].map((replica) => replica.start()));
    },
    async stop() {
      for (const service of SERVICES.toReversed())
        await Promise.all(replicas[service].map((replica) => replica.stop()));
    },
  };
}

/** The settings by which services use an infrastructure that has started. */
export function infrastructureSettings({ kafka, redis, s3 }: Infrastructure): Environment {
  return {
    PARLEY_STORE: redis.url,
    PARLEY_EVENTS: kafka.url,
    PARLEY_ARTIFACTS: s3.url,
    ...s3.environment,
  };
}
