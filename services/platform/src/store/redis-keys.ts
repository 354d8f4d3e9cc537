/** How many shards the state of a service has; it is part of the stored data's layout. */
export const SHARDS = 16;

/** The owner that stands for a shard itself: the id of its work in the queue of outboxes. */
export function shardOwner(shard: number): string {
  return `shard-${shard}`;
}

const STANDING = new Map(Array.from({ length: SHARDS }, (_, shard) => [shardOwner(shard), shard]));

/** The shard of an owner: FNV-1a of its name; `shard-<n>` is shard n. */
export function shardOf(owner: string): number {
  const standing = STANDING.get(owner);
  if (standing !== undefined) return standing;
  let hash = 0x811c9dc5;
  for (let at = 0; at < owner.length; at += 1)
    hash = Math.imul(hash ^ owner.charCodeAt(at), 0x01000193);
  return ((hash >>> 16) ^ hash) & (SHARDS - 1);
}

/** The shard in which a lease was given. */
export function shardOfToken(token: number): number {
  return token % SHARDS;
}

/**
 * The names of a service's keys. All keys of a shard share a hash tag, so that a script may use them together
 * on a cluster; shards differ in it, so that they spread over its nodes.
 * - record: a string, `<version> <JSON>`
 * - stream: a list of JSON; also the channel on which appending to it is announced
 * - queue: `waiting`, a sorted set of work that nobody holds by the time from which it is available; `leased`,
 *   one of held work by its lease's expiry; `holders`, a hash of `<token> <time asked for again, or -> <holder>`;
 *   `tokens`, the last number of which a token was made
 * - index: a sorted set
 * - outbox: a stream of events
 */
export function redisKeys(service: string) {
  const prefixes = Array.from({ length: SHARDS }, (_, shard) => `parley:{${service}.${shard}}:`);
  const of = (shard: number) => prefixes[shard] as string;
  // The owner's length keeps `a/b` + `c` apart from `a` + `b/c`.
  const named = (kind: string, owner: string, name: string) =>
    `${of(shardOf(owner))}${kind}:${owner.length}:${owner}/${name}`;
  return {
    record: (owner: string, name: string) => named('record', owner, name),
    stream: (owner: string, stream: string) => named('stream', owner, stream),
    waiting: (shard: number, queue: string) => `${of(shard)}waiting:${queue}`,
    leased: (shard: number, queue: string) => `${of(shard)}leased:${queue}`,
    holders: (shard: number, queue: string) => `${of(shard)}holders:${queue}`,
    tokens: (shard: number, queue: string) => `${of(shard)}tokens:${queue}`,
    index: (shard: number, index: string) => `${of(shard)}index:${index}`,
    outbox: (shard: number) => `${of(shard)}outbox`,
    /** The channel on which is announced, after who did it: `work <queue>` that became available, `emit <shard>`. */
    news: `parley:${service}:news`,
  };
}

export type RedisKeys = ReturnType<typeof redisKeys>;
