import { redisScript } from './redis-script.ts';

/**
 * When work that can be leased became available. KEYS: waiting and leased of each shard. ARGV: how many per
 * shard at most; `unheld` to leave out work whose lease ran out. Answers a list of times per shard.
 */
export const PEEK = redisScript(
  `
local limit, unheld, answer = ARGV[1], ARGV[2] == 'unheld', {}
for key = 1, #KEYS, 2 do
  local times = {}
  for set = key, unheld and key or key + 1 do
    local due = redis.call('ZRANGEBYSCORE', KEYS[set], '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
    for at = 2, #due, 2 do times[#times + 1] = due[at] end
  end
  answer[#answer + 1] = times
end
return answer
`,
  { reads: true },
);

/**
 * Leases, in each shard, what is available longest. KEYS: waiting, leased, holders and tokens of each shard.
 * ARGV: who takes, for how long, `unheld` as above, how many shards, then a shard and how much to take there for
 * each. Answers the leases' expiry, then time, id and token of each piece taken.
 */
export const TAKE = redisScript(`
local holder, expires, unheld, shards = ARGV[1], now + tonumber(ARGV[2]), ARGV[3] == 'unheld', ARGV[4]
local answer = {expires}

local function due(set, count)
  return redis.call('ZRANGEBYSCORE', set, '-inf', now, 'WITHSCORES', 'LIMIT', 0, count)
end

for key = 1, #KEYS, 4 do
  local waiting, leased, holders, tokens = KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3]
  local at = 4 + (key + 1) / 2
  local shard, count = ARGV[at], tonumber(ARGV[at + 1])
  local free = due(waiting, count)
  local overdue = unheld and {} or due(leased, count)
  local f, o = 1, 1
  for _ = 1, count do
    local id, time
    if free[f] and (not overdue[o] or tonumber(free[f + 1]) <= tonumber(overdue[o + 1])) then
      id, time, f = free[f], free[f + 1], f + 2
      redis.call('ZREM', waiting, id)
    elseif overdue[o] then
      id, time, o = overdue[o], overdue[o + 1], o + 2
    else
      break
    end
    local token = next_token(tokens, shard, shards)
    redis.call('ZADD', leased, expires, id)
    redis.call('HSET', holders, id, string.format('%.0f - ', token) .. holder)
    answer[#answer + 1] = time
    answer[#answer + 1] = id
    answer[#answer + 1] = token
  end
end
return answer
`);

/**
 * Extends leases. KEYS: leased and holders of each queue and shard. ARGV: for how long, then the position of the
 * keys, id and token of each lease. Answers which leases, counted from 0, were lost.
 */
export const EXTEND = redisScript(`
local expires, lost = now + tonumber(ARGV[1]), {}
for at = 2, #ARGV, 3 do
  local key, id = tonumber(ARGV[at]), ARGV[at + 1]
  local held = redis.call('HGET', KEYS[key + 1], id)
  if held and string.match(held, '^%d+') == ARGV[at + 2] then
    redis.call('ZADD', KEYS[key], expires, id)
  else
    lost[#lost + 1] = (at - 2) / 3
  end
end
return lost
`);

/** KEYS: waiting and leased of each shard. Answers how much is queued, and how much of it is leased now. */
export const DEPTH = redisScript(
  `
local queued, leased = 0, 0
for key = 1, #KEYS, 2 do
  queued = queued + redis.call('ZCARD', KEYS[key]) + redis.call('ZCARD', KEYS[key + 1])
  leased = leased + redis.call('ZCOUNT', KEYS[key + 1], string.format('(%.0f', now), '+inf')
end
return {queued, leased}
`,
  { reads: true },
);
