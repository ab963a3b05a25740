-- One request: what became of it, and when something is due next.

-- Who acts for a switch shows its token; a higher one was given since, so somebody else acts now.
local fence = SWITCH ~= '' and redis.call('GET', FENCE .. SWITCH)
if fence and tonumber(fence) > (TOKEN or 0) then return { '', 0, 'fenced', fence } end

-- What gives back must be possible also where memory is short. Redis refuses for want of it only the first write
-- of a script, and this one needs none.
if OP == 'abandon' or OP == 'release' or OP == 'leave' or OP == 'forget' or OP == 'over' or OP == 'due' then
  redis.call('PEXPIRE', BASE, KEPT)
end

local answer = { 'none' }
local left = 0
-- Who gives up is out before anything is given out: the fewer answers cross.
if OP ~= 'abandon' and OP ~= 'forget' and OP ~= 'over' and OP ~= 'look' then due() end

if OP == 'claim' then
  answer = claim()
elseif OP == 'release' then
  release(CALL, NUMBER, ARGV[8] == '1', ARGV[9] ~= '' and ARGV[9] or nil)
elseif OP == 'abandon' then
  abandon(CALL, NUMBER)
elseif OP == 'place' then
  answer = place_of()
elseif OP == 'remember' then
  remember(ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12])
elseif OP == 'admit' then
  answer = admit(ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12])
elseif OP == 'leave' then
  leave(ARGV[8])
elseif OP == 'forget' then
  left = forget(CALL)
elseif OP == 'over' then
  left = over(ARGV[8])
elseif OP == 'adopt' then
  answer = adopt(8)
elseif OP == 'hold' then
  answer = hold_on(ARGV[8], ARGV[9])
elseif OP == 'due' then
  left = forget_lost()
elseif OP == 'look' then
  answer = { 'look', tonumber(redis.call('HGET', BASE, 'held') or 0), redis.call('HLEN', WAITING) }
end

write_lines()
write_pools()
write_calls()
if OP ~= 'look' then redis.call('PEXPIRE', BASE, KEPT) end
local next_rest = redis.call('ZRANGE', RESTS, 0, 0, 'WITHSCORES')
return { next_rest[2] or '', left, unpack(answer) }
