-- Announces a daemon, and lists the daemons and the leases. The first key is the hash of the daemons, each as it
-- announced itself; the others are leases.

local US, SHOWN, KEPT = ARGV[1], ARGV[2], ARGV[3]
-- A daemon that was silent for so long, in milliseconds, is deleted.
local FORGOTTEN_AFTER = 3600000

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local shown = cjson.decode(SHOWN)
-- An empty list would be written as a table.
for _, list in ipairs({ 'serves', 'acts' }) do
  if #shown[list] == 0 then shown[list] = nil end
end
shown.at = now
redis.call('HSET', KEYS[1], US, cjson.encode(shown))
redis.call('PEXPIRE', KEYS[1], KEPT)

local daemons = redis.call('HGETALL', KEYS[1])
for at = 1, #daemons, 2 do
  local good, other = pcall(cjson.decode, daemons[at + 1])
  if not good or type(other) ~= 'table' or (tonumber(other.at) or 0) + FORGOTTEN_AFTER < now then
    redis.call('HDEL', KEYS[1], daemons[at])
  end
end

local answer = { string.format('%.0f', now), daemons }
for at = 2, #KEYS do
  answer[#answer + 1] = redis.call('HGET', KEYS[at], 'owner') or ''
  answer[#answer + 1] = math.max(redis.call('PTTL', KEYS[at]), 0)
end
return answer
