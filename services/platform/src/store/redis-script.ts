import { createHash } from 'node:crypto';

/** A Lua script, and the connections on which it was sent whole, so that its digest is enough. */
export type RedisScript = {
  text: string;
  sha: string;
  /** Whether it changes nothing and may thus be repeated. */
  reads: boolean;
  sent: WeakSet<object>;
};

/** One clock for all replicas: milliseconds since the epoch, of the node that runs the script. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Tokens of a shard grow with the time, not only by one: a server that lost its last writes gives none of them
 * again. The token tells its shard, too.
 */
const NEXT_TOKEN = `
local function next_token(key, shard, shards)
  local token = math.max(tonumber(redis.call('GET', key) or '0') + 1, now)
  redis.call('SET', key, string.format('%.0f', token))
  return token * shards + shard
end
`;

/** A script that sees the time as `now`, and takes tokens by `next_token(key, shard, shards)`. */
export function redisScript(text: string, { reads = false } = {}): RedisScript {
  const whole = NOW + NEXT_TOKEN + text;
  const sha = createHash('sha1').update(whole).digest('hex');
  return { text: whole, sha, reads, sent: new WeakSet() };
}
