import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { invalid } from '../errors.ts';
import type { RedisNode, RedisTarget } from './redis-url.ts';

const CONNECT_TIMEOUT = 5_000;
/** A connection on which nothing arrives for so long though an answer is due is given up. */
const SILENCE = 10_000;
/** A connection that lasted so long counts as a good one. */
const STEADY = 1_000;

export type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

/** How long to wait before the next try to connect, after `failures` in a row: 50 ms to 1 s, spread by chance. */
export function backOff(failures: number): number {
  return Math.min(50 * 2 ** failures, 1_000) * (0.5 + Math.random() / 2);
}

/** What all connections to a target have in common. None reconnects by itself, and none keeps commands. */
export function connectionOptions(target: RedisTarget, name: string): ConnectionOptions {
  return {
    connectionName: name,
    connectTimeout: CONNECT_TIMEOUT,
    socketTimeout: SILENCE,
    maxLoadingRetryTime: 200,
    maxRetriesPerRequest: null,
    enableOfflineQueue: false,
    lazyConnect: true,
    disableClientInfo: true,
    retryStrategy: () => null,
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls === undefined ? {} : { tls: tlsOptions(target.tls) }),
  };
}

function tlsOptions({ ca }: { ca?: string }): { ca?: Buffer } {
  if (ca === undefined) return {};
  try {
    return { ca: readFileSync(ca) };
  } catch (thrown) {
    const cause = thrown instanceof Error ? thrown.message : String(thrown);
    throw invalid('store', `the Redis URL: ca cannot be read: ${cause}`);
  }
}

/** A new connection to the server, to the master that the sentinels name, or to `node`. */
function createConnection(
  target: RedisTarget,
  options: ConnectionOptions,
  attempt: number,
  node: RedisNode = target.nodes[0],
): Redis {
  if (target.kind === 'single') return new Redis({ ...options, ...node, db: target.database });
  if (target.kind === 'cluster') return new Redis({ ...options, ...node });
  // Each try begins at another sentinel: the first may be cut off and name a master of old.
  const turn = attempt % target.nodes.length;
  return new Redis({
    ...options,
    name: target.master,
    sentinels: [...target.nodes.slice(turn), ...target.nodes.slice(0, turn)],
    sentinelRetryStrategy: () => null,
    enableTLSForSentinelMode: target.tls !== undefined,
    ...(options.tls === undefined ? {} : { sentinelTLS: options.tls }),
  });
}

/** A cluster's connections; unlike others they are made again by the client itself, without resending anything. */
export function createCluster(target: RedisTarget, options: ConnectionOptions): Cluster {
  return new Cluster(target.nodes, {
    redisOptions: options,
    clusterRetryStrategy: backOff,
    // Names are resolved when connecting: certificates are for names.
    dnsLookup: (address, done) => done(null, address),
    slotsRefreshInterval: 10_000,
    slotsRefreshTimeout: 3_000,
    // A broken connection answers like a failed one: what it carried must not be sent again blindly.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  });
}

/**
 * Connects, and again for ever, each time by a connection of its own: one that is made again by the client loses
 * sight of what was under way when it broke.
 * @param node where to connect in a cluster; asked before every try.
 */
export function keepConnected(
  target: RedisTarget,
  options: ConnectionOptions,
  on: { ready(client: Redis): void; lost(why: string | undefined): void },
  node?: () => RedisNode,
): { close(): void } {
  let client: Redis | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failures = 0;

  function connect(attempt: number): void {
    const opened = createConnection(target, options, attempt, node?.());
    let readyAt = Number.POSITIVE_INFINITY;
    let why: string | undefined;
    client = opened;
    // The message alone: the client's errors carry what was sent, a password among it.
    opened.on('error', ({ message }: Error) => {
      why = message;
    });
    opened.once('ready', () => {
      readyAt = performance.now();
      on.ready(opened);
    });
    opened.once('end', () => {
      if (closed) return;
      failures = performance.now() - readyAt > STEADY ? 0 : failures + 1;
      timer = setTimeout(connect, backOff(failures), attempt + 1);
      on.lost(why);
    });
    // A failure shows as an end.
    opened.connect().catch(() => {});
  }

  connect(0);
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      client?.disconnect();
    },
  };
}
