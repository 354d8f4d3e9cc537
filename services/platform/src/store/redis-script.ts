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

/** A script that sees the time as `now`. */
export function redisScript(text: string, { reads = false } = {}): RedisScript {
  const whole = NOW + text;
  const sha = createHash('sha1').update(whole).digest('hex');
  return { text: whole, sha, reads, sent: new WeakSet() };
}
