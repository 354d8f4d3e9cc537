import { redisScript } from './redis-script.ts';

/**
 * Members of an index in each shard, in order. KEYS: the index in each shard. ARGV: `up` or `down`, how many per
 * shard at most, and rank and member behind which to start, if any; the member need not be there any more.
 * Answers a list of member and rank per shard.
 */
export const RANGE = redisScript(
  `
local up, count, rank, member, answer = ARGV[1] == 'up', tonumber(ARGV[2]), ARGV[3], ARGV[4], {}

-- Order of bytes: Lua's own comparison depends on the server's locale.
local function before(a, b)
  local shorter = math.min(#a, #b)
  for at = 1, shorter do
    local x, y = string.byte(a, at), string.byte(b, at)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- How many members stand before the cursor, and whether it is there itself.
local function position(key)
  local from = redis.call('ZCOUNT', key, '-inf', '(' .. rank)
  local to = redis.call('ZCOUNT', key, '-inf', rank)
  while from < to do
    local middle = math.floor((from + to) / 2)
    local found = redis.call('ZRANGE', key, middle, middle)[1]
    if found == member then return middle, true end
    if before(found, member) then from = middle + 1 else to = middle end
  end
  return from, false
end

for at, key in ipairs(KEYS) do
  local start = 0
  if rank then
    local found, present = position(key)
    if up then
      start = present and found + 1 or found
    else
      start = redis.call('ZCARD', key) - found
    end
  end
  answer[at] = redis.call(up and 'ZRANGE' or 'ZREVRANGE', key, start, start + count - 1, 'WITHSCORES')
end
return answer
`,
  { reads: true },
);
