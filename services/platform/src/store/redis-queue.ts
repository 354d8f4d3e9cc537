import type { Lease, Milliseconds } from './port.ts';
import { type RedisKeys, SHARDS, shardOfToken } from './redis-keys.ts';
import type { RedisLink } from './redis-link.ts';
import { DEPTH, EXTEND, PEEK, TAKE } from './redis-queue-scripts.ts';
import type { RedisScript } from './redis-script.ts';

/** For how long after an outage only work that nobody holds is leased, at least; else for half a lease's time. */
const LEAST_GRACE = 3_000;

type Taken = { at: number; lease: Lease };

/** The lease queues of one service, each spread over all shards. */
export function redisQueues(link: RedisLink, keys: RedisKeys) {
  const { groups } = link;

  function run<T>(
    command: RedisScript,
    group: number[],
    names: string[],
    operands: (string | number)[],
  ): Promise<T> {
    return link.send<T>({
      shard: group[0] ?? 0,
      command,
      arguments: [String(names.length), ...names, ...operands.map(String)],
      reads: command.reads,
    });
  }

  const sets = (group: number[], queue: string) =>
    group.flatMap((shard) => [keys.waiting(shard, queue), keys.leased(shard, queue)]);

  /** How much to take in each shard to get the `limit` pieces that are available longest. */
  async function plan(queue: string, limit: number, held: string): Promise<number[]> {
    const answers = await Promise.all(
      groups.map((group) => run<string[][]>(PEEK, group, sets(group, queue), [limit, held])),
    );
    const due = answers.flat().flatMap((times, at) => {
      const shard = groups.flat()[at] as number;
      return times.map((time) => ({ shard, time: Number(time) }));
    });
    due.sort((a, b) => a.time - b.time);
    const counts = Array.from({ length: SHARDS }, () => 0);
    for (const { shard } of due.slice(0, limit)) counts[shard] = (counts[shard] ?? 0) + 1;
    return counts;
  }

  async function take(
    queue: string,
    counts: number[],
    holder: string,
    ttl: Milliseconds,
    held: string,
  ): Promise<Taken[]> {
    const parts = groups
      .map((group) => group.filter((shard) => (counts[shard] ?? 0) > 0))
      .filter((group) => group.length > 0);
    const answers = await Promise.all(
      parts.map((group) =>
        run<[number, ...(string | number)[]]>(
          TAKE,
          group,
          group.flatMap((shard) => [
            ...sets([shard], queue),
            keys.holders(shard, queue),
            keys.tokens(shard, queue),
          ]),
          [holder, ttl, held, SHARDS, ...group.flatMap((shard) => [shard, counts[shard] ?? 0])],
        ),
      ),
    );
    return answers.flatMap(([expiresAt, ...flat]) =>
      Array.from({ length: flat.length / 3 }, (_, piece): Taken => {
        const [at, id, token] = flat.slice(piece * 3, piece * 3 + 3);
        const lease = { queue, id: String(id), holder, token: Number(token), expiresAt };
        return { at: Number(at), lease };
      }),
    );
  }

  return {
    async lease(
      queue: string,
      { holder, ttl, limit }: { holder: string; ttl: Milliseconds; limit: number },
    ): Promise<Lease[]> {
      // Whoever held work through an outage extends it first.
      const held = link.calm < Math.max(LEAST_GRACE, ttl / 2) ? 'unheld' : '';
      const leases: Lease[] = [];
      while (leases.length < limit) {
        const counts = await plan(queue, limit - leases.length, held);
        const planned = counts.reduce((sum, count) => sum + count, 0);
        if (planned === 0) break;
        const taken = await take(queue, counts, holder, ttl, held);
        taken.sort((a, b) => a.at - b.at || (a.lease.id < b.lease.id ? -1 : 1));
        leases.push(...taken.map(({ lease }) => lease));
        if (taken.length === planned) break;
      }
      return leases;
    },

    async extend(leases: Lease[], ttl: Milliseconds): Promise<Lease[]> {
      const lost = await Promise.all(
        groups.map(async (group) => {
          const mine = leases.filter(({ token }) => group.includes(shardOfToken(token)));
          if (mine.length === 0) return [];
          const names: string[] = [];
          const positions = new Map<string, number>();
          const operands = mine.flatMap(({ queue, id, token }) => {
            const leased = keys.leased(shardOfToken(token), queue);
            let position = positions.get(leased);
            if (position === undefined) {
              position = names.push(leased, keys.holders(shardOfToken(token), queue)) - 1;
              positions.set(leased, position);
            }
            return [position, id, token];
          });
          const answer = await run<number[]>(EXTEND, group, names, [ttl, ...operands]);
          return answer.map((at) => mine[at] as Lease);
        }),
      );
      const gone = new Set(lost.flat());
      return leases.filter((lease) => gone.has(lease));
    },

    async depth(queue: string): Promise<{ queued: number; leased: number }> {
      const answers = await Promise.all(
        groups.map((group) => run<[number, number]>(DEPTH, group, sets(group, queue), [])),
      );
      return answers.reduce(
        (sum, [queued, leased]) => ({
          queued: sum.queued + queued,
          leased: sum.leased + leased,
        }),
        { queued: 0, leased: 0 },
      );
    },
  };
}
