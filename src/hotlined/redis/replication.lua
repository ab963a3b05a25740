-- Sets or deletes fields of one hash of a switch. The first key is the highest token given out for the switch, the
-- second the hash.

local OP, TOKEN, KEPT = ARGV[1], tonumber(ARGV[2]) or 0, ARGV[3]

-- Without a token nothing is saved for a switch that ever had a lease.
local fence = redis.call('GET', KEYS[1])
if fence and tonumber(fence) > TOKEN then return { 'fenced', fence } end

if OP == 'set' then
  -- A new field sets when the hash expires; each renewal of the lease puts that off.
  if redis.call('HSET', KEYS[2], unpack(ARGV, 4)) > 0 then redis.call('PEXPIRE', KEYS[2], KEPT) end
else
  redis.call('HDEL', KEYS[2], unpack(ARGV, 4))
end

-- The token may have been lost with the server that had it: the daemon before is refused again from now on.
if TOKEN > 0 and tonumber(fence or 0) < TOKEN then redis.call('SET', KEYS[1], ARGV[2], 'PX', KEPT) end
return { 'done' }
