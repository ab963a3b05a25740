-- A query for a verification code: how often the code was asked for before, and when first. The first key has the
-- counts, the second the reply to this query.

local NOW, KEPT, TOLD_KEPT = ARGV[1], ARGV[2], ARGV[3]

local told = redis.call('GET', KEYS[2])
if told then
  local times, first = string.match(told, '^(%d+) (%d*)$')
  return { times, first }
end
local got = redis.call('HMGET', KEYS[1], 'times', 'first')
local times, first = got[1] or '0', got[2] or ''
redis.call('HINCRBY', KEYS[1], 'times', 1)
redis.call('HSETNX', KEYS[1], 'first', NOW)
redis.call('PEXPIRE', KEYS[1], KEPT)
redis.call('SET', KEYS[2], times .. ' ' .. first, 'PX', TOLD_KEPT)
return { times, first }
