-- What is kept of a switch's calls: one hash, of which some fields are set or struck. The first key is the
-- highest token given out for the switch, the second the hash.

local OP, TOKEN, KEPT = ARGV[1], tonumber(ARGV[2]) or 0, ARGV[3]

-- Whoever shows no token keeps nothing of a switch that somebody ever acted for.
local fence = redis.call('GET', KEYS[1])
if fence and tonumber(fence) > TOKEN then return { 'fenced', fence } end

if OP == 'set' then
  -- What is new says when it all expires; whoever renews the lease puts that off.
  if redis.call('HSET', KEYS[2], unpack(ARGV, 4)) > 0 then redis.call('PEXPIRE', KEYS[2], KEPT) end
else
  redis.call('HDEL', KEYS[2], unpack(ARGV, 4))
end

-- It may have been lost with the server that had it: then whoever acted before is shut out again from now on.
if TOKEN > 0 and tonumber(fence or 0) < TOKEN then redis.call('SET', KEYS[1], ARGV[2], 'PX', KEPT) end
return { 'done' }
