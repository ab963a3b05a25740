-- Runs one operation. Replies with its result and with the time when something is due next.

local op = ASKED.op

-- The active daemon of a switch sends its token. If a higher token was given out since, another daemon has the lease.
local at, token = BASE .. ':fence:' .. ASKED.switch, ASKED.token or 0
local fence = ASKED.switch ~= '' and redis.call('GET', at)
if fence and tonumber(fence) > token then return { '', 0, 'fenced', fence } end

-- Operations that give back must work also when memory is short. Redis then refuses only the first write of a script,
-- and this first write needs no memory.
if op == 'abandon' or op == 'release' or op == 'leave' or op == 'forget' or op == 'over' or op == 'due' then
  redis.call('PEXPIRE', BASE, KEPT)
end

-- The token may have been lost with the server that had it: the daemon before is refused again from now on.
if token > 0 and tonumber(fence or 0) < token then
  redis.call('SET', at, ARGV[5], 'PX', KEPT)
end

local function next_rest() return redis.call('ZRANGE', BASE .. ':rests', 0, 0, 'WITHSCORES')[2] or '' end

local answer = { 'none' }
local left = 0
local rest = next_rest()
-- A claim that gives up leaves the queue before any line is given out: fewer replies cross.
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
  -- The shared time: the latest that any daemon sent, wherever its clock is by now.
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
