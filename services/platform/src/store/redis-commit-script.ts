import { redisScript } from './redis-script.ts';

/**
 * A commit. Keys are named by their position. A queue is the position of its keys: waiting, leased, holders,
 * tokens.
 * ARGV: who commits, the channel for news, the shard and how many shards, the number of checks, the checks, the
 * actions.
 * - checks: `version key expected`, `held holders id token`
 * - actions: as they stand below, each with the operands that it reads
 * Answers 1; or leases given as token and expiry (0 0 where the work was queued already) and the queues in which
 * work became available; or what refused the commit: its kind, the check's position, the standing version.
 * Redis refuses a script for want of memory, a full disk or its role before its first write or not at all.
 */
export const COMMIT = redisScript(`
local origin, channel, shard, shards = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local at = 6

local function version(key)
  return tonumber(string.match(redis.call('GETRANGE', key, 0, 16), '^%d+')) or 0
end

for check = 1, tonumber(ARGV[5]) do
  local key = KEYS[tonumber(ARGV[at + 1])]
  if ARGV[at] == 'version' then
    local standing = version(key)
    if standing ~= tonumber(ARGV[at + 2]) then return {'version', check - 1, standing} end
    at = at + 3
  else
    local held = redis.call('HGET', key, ARGV[at + 2])
    if not held or string.match(held, '^%d+') ~= ARGV[at + 3] then return {'held', check - 1, 0} end
    at = at + 4
  end
end

local appended, leases, freed = {}, {}, {}

-- Whether the work was not queued yet; if it was, its time is brought forward or remembered.
local function unqueued(queue, name, id, from)
  local holders = KEYS[queue + 2]
  local held = redis.call('HGET', holders, id)
  if held then
    local token, again, holder = string.match(held, '^(%d+) (%S+) (.*)$')
    if again == '-' or tonumber(again) > tonumber(from) then
      redis.call('HSET', holders, id, token .. ' ' .. from .. ' ' .. holder)
    end
    return false
  end
  local standing = redis.call('ZSCORE', KEYS[queue], id)
  if not standing then return true end
  if tonumber(standing) > tonumber(from) then redis.call('ZADD', KEYS[queue], from, id) end
  if tonumber(from) <= now then freed[name] = true end
  return false
end

local actions = {
  put = function(key)
    redis.call('SET', KEYS[key], string.format('%.0f ', version(KEYS[key]) + 1) .. ARGV[at + 2])
    return 3
  end,
  delete = function(key)
    redis.call('DEL', KEYS[key])
    return 2
  end,
  append = function(key)
    redis.call('RPUSH', KEYS[key], ARGV[at + 2])
    appended[key] = true
    return 3
  end,
  expire = function(key)
    redis.call('PEXPIREAT', KEYS[key], ARGV[at + 2])
    return 3
  end,
  enqueue = function(queue)
    local name, id, from = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
    if from == '' then from = string.format('%.0f', now) end
    if unqueued(queue, name, id, from) then
      redis.call('ZADD', KEYS[queue], from, id)
      if tonumber(from) <= now then freed[name] = true end
    end
    return 5
  end,
  hold = function(queue)
    local name, id, from, holder = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
    if from == '' then from = string.format('%.0f', now) end
    if unqueued(queue, name, id, from) then
      local token = next_token(KEYS[queue + 3], shard, shards)
      local expires = now + tonumber(ARGV[at + 6])
      redis.call('ZADD', KEYS[queue + 1], expires, id)
      redis.call('HSET', KEYS[queue + 2], id, string.format('%.0f - ', token) .. holder)
      leases[#leases + 1] = token
      leases[#leases + 1] = expires
    else
      leases[#leases + 1] = 0
      leases[#leases + 1] = 0
    end
    return 7
  end,
  release = function(queue)
    local name, id, token, from = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
    local held = redis.call('HGET', KEYS[queue + 2], id)
    if not held then return 6 end
    local holding, again = string.match(held, '^(%d+) (%S+)')
    if holding ~= token then return 6 end
    redis.call('HDEL', KEYS[queue + 2], id)
    redis.call('ZREM', KEYS[queue + 1], id)
    if again ~= '-' and (from == '' or tonumber(again) < tonumber(from)) then from = again end
    if from ~= '' then
      redis.call('ZADD', KEYS[queue], from, id)
      if tonumber(from) <= now then freed[name] = true end
    end
    return 6
  end,
  dequeue = function(queue)
    local id = ARGV[at + 2]
    redis.call('ZREM', KEYS[queue], id)
    redis.call('ZREM', KEYS[queue + 1], id)
    redis.call('HDEL', KEYS[queue + 2], id)
    return 3
  end,
  index = function(key)
    redis.call('ZADD', KEYS[key], ARGV[at + 3], ARGV[at + 2])
    return 4
  end,
  unindex = function(key)
    redis.call('ZREM', KEYS[key], ARGV[at + 2])
    return 3
  end,
  emit = function(key)
    redis.call('XADD', KEYS[key], '*', 'a', ARGV[at + 2], 'd', ARGV[at + 3])
    return 4
  end,
  announce = function()
    redis.call('PUBLISH', channel, origin .. ' emit ' .. ARGV[at + 1])
    return 2
  end,
}

local count = #ARGV
while at <= count do
  at = at + actions[ARGV[at]](tonumber(ARGV[at + 1]))
end

for key in pairs(appended) do redis.call('PUBLISH', KEYS[key], origin) end
local queues = {}
for name in pairs(freed) do
  redis.call('PUBLISH', channel, origin .. ' work ' .. name)
  queues[#queues + 1] = name
end
if #leases == 0 and #queues == 0 then return 1 end
return {leases, queues}
`);
