-- One request: what became of it, and when something is due next.

local op = ASKED.op

-- Who acts for a switch shows its token; a higher one was given since, so somebody else acts now.
local at, token = BASE .. ':fence:' .. ASKED.switch, ASKED.token or 0
local fence = ASKED.switch ~= '' and redis.call('GET', at)
if fence and tonumber(fence) > token then return { '', 0, 'fenced', fence } end

-- What gives back must be possible also where memory is short. Redis refuses for want of it only the first write
-- of a script, and this one needs none.
if op == 'abandon' or op == 'release' or op == 'leave' or op == 'forget' or op == 'over' or op == 'due' then
  redis.call('PEXPIRE', BASE, KEPT)
end

-- It may have been lost with the server that had it: then whoever acted before is shut out again from now on.
if token > 0 and tonumber(fence or 0) < token then
  redis.call('SET', at, ARGV[5], 'PX', KEPT)
end

local function next_rest() return redis.call('ZRANGE', BASE .. ':rests', 0, 0, 'WITHSCORES')[2] or '' end

local answer = { 'none' }
local left = 0
local rest = next_rest()
-- Who gives up is out before anything is given out: the fewer answers cross.
if op ~= 'abandon' and op ~= 'forget' and op ~= 'over' and op ~= 'look' then
  if rest ~= '' and tonumber(rest) <= ASKED.now then part('releases').due() end
end

if op == 'claim' then
  answer = part('claims').ask()
elseif op == 'release' then
  part('releases').release(ASKED.call, ASKED.number, ARGV[8] == '1', ARGV[9] ~= '' and ARGV[9] or nil)
elseif op == 'abandon' then
  part('releases').abandon(ASKED.call, ASKED.number)
elseif op == 'place' then
  answer = part('claims').place_of()
elseif op == 'remember' then
  part('claims').remember(ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12])
elseif op == 'admit' then
  answer = part('admissions').admit(ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12])
elseif op == 'leave' then
  part('admissions').leave(ARGV[8])
elseif op == 'forget' then
  left = part('admissions').forget(ASKED.call)
elseif op == 'over' then
  left = part('adopted').over(8)
elseif op == 'adopt' then
  answer = part('adopted').adopt(8)
elseif op == 'hold' then
  answer = part('claims').hold_on(ARGV[8], ARGV[9])
elseif op == 'due' then
  -- What time it is here: the latest that any daemon said, wherever its clock is by now.
  local latest = math.max(ASKED.now, tonumber(redis.call('HGET', BASE, 'now') or 0))
  redis.call('HSET', BASE, 'now', string.format('%.0f', latest))
  redis.call('PEXPIRE', BASE, KEPT)
  answer = { 'time', string.format('%.0f', latest) }
  left = part('admissions').forget_lost()
elseif op == 'look' then
  answer = { 'look', tonumber(redis.call('HGET', BASE, 'held') or 0), redis.call('HLEN', BASE .. ':waiting') }
end

for _, name in ipairs({ 'lines', 'pools', 'calls' }) do
  if made[name] then made[name].write() end
end
if made.releases and made.releases.moved_rests then rest = next_rest() end
return { rest, left, unpack(answer) }
