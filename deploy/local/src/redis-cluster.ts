import { createGroup, memberOptions } from './group.ts';
import { infoValue, portOf, type RedisSettings, redisProgram, withRedis } from './redis-server.ts';
import { createServer, type Server, type ServerOptions } from './server.ts';
import { runTool } from './tool.ts';

/** The members of a cluster: three masters and a replica of each, in no order. */
export type RedisCluster = Server & { readonly nodes: readonly Server[] };

const NODES = 6;
const SETTINGS: RedisSettings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000' };

/**
 * A Redis Cluster of three masters with a replica each. A replica takes over 2 to 4 seconds after its
 * master was killed. Signals go to all nodes.
 */
export async function createRedisCluster(options: ServerOptions): Promise<RedisCluster> {
  const nodes = await Promise.all(
    Array.from({ length: NODES }, (_, index) => {
      const member = memberOptions(options, `node-${index + 1}`);
      const bus = ([, busPort]: readonly number[]) => ({ 'cluster-port': String(busPort) });
      return createServer(redisProgram(member.dir, SETTINGS, bus, 2), member);
    }),
  );
  const group = createGroup(
    {
      name: 'redis cluster',
      servers: nodes,
      url: () => `redis+cluster://${addresses(nodes).join(',')}`,
      async assemble() {
        await Promise.all(nodes.map((node) => node.start()));
        const known = await Promise.all(nodes.map(knownNodes));
        if (known.every((count) => count === '1')) await join(nodes);
      },
      async whole() {
        const roles = await Promise.all(nodes.map(roleOf));
        return (
          roles.every((role) => role !== undefined) &&
          roles.filter((role) => role === 'replica').length === NODES / 2
        );
      },
    },
    options,
  );
  return Object.defineProperty(group, 'nodes', { value: nodes }) as RedisCluster;
}

function addresses(nodes: readonly Server[]): string[] {
  return nodes.map((node) => `127.0.0.1:${portOf(node)}`);
}

async function join(nodes: readonly Server[]): Promise<void> {
  const replicas = ['--cluster-replicas', '1', '--cluster-yes'];
  await runTool(['redis-cli', '--cluster', 'create', ...addresses(nodes), ...replicas]);
}

async function knownNodes(node: Server): Promise<string | undefined> {
  return withRedis(portOf(node), async (redis) =>
    infoValue(await redis.cluster('INFO'), 'cluster_known_nodes'),
  );
}

/** What a node is that knows all others, sees all slots served, and is in step with its master if it has one. */
async function roleOf(node: Server): Promise<'master' | 'replica' | undefined> {
  return withRedis(portOf(node), async (redis) => {
    const cluster = await redis.cluster('INFO');
    const link = infoValue(await redis.info('replication'), 'master_link_status');
    const isOne =
      infoValue(cluster, 'cluster_state') === 'ok' &&
      infoValue(cluster, 'cluster_known_nodes') === String(NODES);
    if (!isOne) return undefined;
    if (link === undefined) return 'master';
    return link === 'up' ? 'replica' : undefined;
  });
}
