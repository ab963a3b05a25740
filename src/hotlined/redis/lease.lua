-- Takes, renews or gives up the lease of a switch. The first key is the lease, which exists for as long as it is good;
-- the second the highest token that was ever given out for the switch; the others are the saved calls of the switch,
-- which stay for as long as a daemon has the lease.

local OP, OWNER, TOKEN, SPAN, KEPT = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local held = redis.call('HMGET', KEYS[1], 'owner', 'token')
local owner, token = held[1], held[2]

local function let(to)
  redis.call('HSET', KEYS[1], 'owner', OWNER, 'token', to)
  redis.call('PEXPIRE', KEYS[1], SPAN)
  redis.call('SET', KEYS[2], to, 'PX', KEPT)
  for at = 3, #KEYS do redis.call('PEXPIRE', KEYS[at], KEPT) end
end

if OP == 'acquire' then
  if owner and owner ~= OWNER then return { 'theirs', owner, token, redis.call('PTTL', KEYS[1]) } end
  -- A daemon that had the same name before is refused, too. A token is never less than the time it is given at: where
  -- the last one was lost with the server that had it, the next is higher all the same. The time is that of the
  -- server: no daemon could ever get a higher token after one whose clock is far ahead.
  local highest = tonumber(redis.call('GET', KEYS[2]) or 0)
  local clock = redis.call('TIME')
  local new = string.format('%.0f', math.max(highest + 1, clock[1] * 1000 + math.floor(clock[2] / 1000)))
  let(new)
  return { 'ours', OWNER, new, SPAN }
end

if OP == 'renew' then
  -- The daemon with the highest token may go on. A lease that ran out and was given to nobody since, or was lost with
  -- the server that had it, is still the last that was given.
  local highest = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), tonumber(token or 0))
  if tonumber(TOKEN) >= highest then
    let(TOKEN)
    return { 'ours', OWNER, TOKEN, SPAN }
  end
elseif owner == OWNER and token == TOKEN then
  redis.call('DEL', KEYS[1])
  return { 'free', '', TOKEN, 0 }
end
return { 'theirs', owner or '', token or '', owner and redis.call('PTTL', KEYS[1]) or 0 }
