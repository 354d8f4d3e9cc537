import { existsSync, writeFileSync } from 'node:fs';
import { ParleyError } from '@parley/platform';
import { createGroup, memberOptions } from './group.ts';
import {
  infoValue,
  portOf,
  probeRedis,
  redisCommand,
  redisConfig,
  redisProgram,
  withRedis,
} from './redis-server.ts';
import { createServer, type Program, type Server, type ServerOptions } from './server.ts';

/** A master and a replica that three sentinels watch. */
export type RedisSentinel = Server & {
  /** The two that hold data. */
  readonly nodes: readonly Server[];
  readonly sentinels: readonly Server[];
  /** The node that the sentinels name as master at this moment. */
  master(): Promise<Server>;
};

const MASTER = 'mymaster';
const SENTINELS = 3;
const QUORUM = 2;
const DOWN_MS = 2_000;
const FAILOVER_MS = 6_000;

/**
 * A Redis with a replica that takes over about 3 seconds after the master was killed, once two of three
 * sentinels agree. Signals go to all five.
 */
export async function createRedisSentinel(options: ServerOptions): Promise<RedisSentinel> {
  const member = (name: string) => memberOptions(options, name);
  const nodes = await Promise.all(
    [member('node-1'), member('node-2')].map((node) =>
      createServer(redisProgram(node.dir, {}), node),
    ),
  );
  const [first, second] = nodes as [Server, Server];
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, (_, index) => {
      const sentinel = member(`sentinel-${index + 1}`);
      return createServer(sentinelProgram(sentinel.dir, first), sentinel);
    }),
  );
  const group = createGroup(
    {
      name: 'redis sentinel',
      servers: [...nodes, ...sentinels],
      url: () => `redis+sentinel://${sentinels.map(address).join(',')}/${MASTER}`,
      async assemble() {
        await Promise.all(nodes.map((node) => node.start()));
        if (!sentinels.some(isConfigured)) await replicate(first, second);
        await Promise.all(sentinels.map((sentinel) => sentinel.start()));
      },
      async whole() {
        const watching = await Promise.all(sentinels.map(isWatching));
        return watching.every(Boolean) && (await inStep(nodes));
      },
    },
    options,
  );
  return Object.defineProperties(group, {
    nodes: { value: nodes },
    sentinels: { value: sentinels },
    master: { value: () => findMaster(nodes, sentinels) },
  }) as RedisSentinel;
}

/** A sentinel; it writes into redis.conf what it learns, so that file is written once. */
function sentinelProgram(dir: string, master: Server): Program {
  return {
    name: 'sentinel',
    ports: 1,
    url: ([port]) => `redis://127.0.0.1:${port}`,
    prepare: async ([port]) => {
      if (!isConfigured({ dir })) writeFileSync(redisConfig(dir), sentinelConfig(portOf(master)));
      return [...(await redisCommand(dir, port as number)), '--sentinel'];
    },
    probe: ([port], pid) => probeRedis(port as number, pid),
  };
}

function sentinelConfig(masterPort: number): string {
  return [
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${MASTER} ${DOWN_MS}`,
    `sentinel failover-timeout ${MASTER} ${FAILOVER_MS}`,
    '',
  ].join('\n');
}

function isConfigured({ dir }: { dir: string }): boolean {
  return existsSync(redisConfig(dir));
}

function address(server: Server): string {
  return `127.0.0.1:${portOf(server)}`;
}

/** Makes a node the replica of another, also after its next start. */
async function replicate(master: Server, replica: Server): Promise<void> {
  await withRedis(portOf(replica), async (redis) => {
    await redis.replicaof('127.0.0.1', portOf(master));
    await redis.config('REWRITE');
  });
}

/** Whether a sentinel knows the other two and the replica, and a failover could be agreed on. */
async function isWatching(sentinel: Server): Promise<boolean> {
  return withRedis(portOf(sentinel), async (redis) => {
    await redis.call('SENTINEL', 'CKQUORUM', MASTER);
    const watched = infoValue(await redis.info('sentinel'), 'master0');
    return (
      (watched ?? '').includes(`status=ok`) && (watched ?? '').endsWith(`slaves=1,sentinels=3`)
    );
  });
}

/** Whether one node is the replica of the other and has its data. */
async function inStep(nodes: readonly Server[]): Promise<boolean> {
  const links = await Promise.all(
    nodes.map((node) =>
      withRedis(portOf(node), async (redis) =>
        infoValue(await redis.info('replication'), 'master_link_status'),
      ),
    ),
  );
  return links.filter((link) => link === 'up').length === 1;
}

async function findMaster(nodes: readonly Server[], sentinels: readonly Server[]): Promise<Server> {
  const answers = await Promise.allSettled(sentinels.map(masterPort));
  const port = answers.find((answer) => answer.status === 'fulfilled')?.value;
  const master = nodes.find((node) => portOf(node) === port);
  if (master === undefined)
    throw new ParleyError('UNAVAILABLE', `no sentinel names a master of ${MASTER}`);
  return master;
}

async function masterPort(sentinel: Server): Promise<number> {
  return withRedis(portOf(sentinel), async (redis) => {
    const answer = await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER);
    return Number((answer as [string, string])[1]);
  });
}
