-- Lines and places in queues that are given back, and which claim gets the line next.

local Call, Line = part('calls'), part('lines')
-- Whether a rest began or ended.
local Release = { moved_rests = false }

-- The first of the claims that could have this line as it is, the line's place among its candidates, and its crew.
function Release.first_for(it)
  local awaited = redis.call('HGETALL', BASE .. ':awaited:' .. it.name)
  local first, first_at, first_crew
  for field = 1, #awaited, 2 do
    if Line.taken(it) < tonumber(awaited[field + 1]) then
      local crew, at = string.match(awaited[field], '^(%x+):(%d+)$')
      at = tonumber(at)
      local rank = redis.call('ZRANGE', BASE .. ':crew:' .. crew .. ':waiting', 0, 0)[1]
      if rank and (not first or rank < first or (rank == first and at < first_at)) then
        first, first_at, first_crew = rank, at, crew
      end
    end
  end
  -- A queue that is never empty must not lose who it waits for.
  if #awaited > 0 then redis.call('PEXPIRE', BASE .. ':awaited:' .. it.name, KEPT) end
  return first, first_at, first_crew
end

-- Tells the daemon that asked, through its inbox.
function Release.tell(daemon, call, number, name)
  local inbox = BASE .. ':inbox:' .. daemon
  redis.call('XADD', inbox, 'MAXLEN', '~', INBOX_LENGTH_MAX, '*', 'call', call, 'number', number, 'line', name)
  redis.call('PEXPIRE', inbox, INBOX_KEPT)
end

-- A line may have come free: the first claim in the queue gets it.
function Release.hand_on(it)
  -- Each round takes the line once more, or removes a claim from a queue, so this ends.
  while true do
    local rank, at, crew = Release.first_for(it)
    if not rank then return end
    local Queue = part('queue')
    local who = Queue.waiter(rank)
    local agents = who and Queue.leave(rank, who, true) or {}
    if agents[at] then
      Call.strike(Call.of(who.call), who.number)
      local pool = part('pools').of(who.pool)
      local answer = part('claims').take(who.call, who.number, pool, who.pick, agents, at, true)
      Release.tell(who.daemon, who.call, who.number, answer[2])
    else
      -- A key was deleted by hand. The claim that waits asks again, and is refused.
      redis.call('ZREM', BASE .. ':crew:' .. crew .. ':waiting', rank)
      if who then Call.strike(Call.of(who.call), who.number) end
    end
  end
end

-- Gives back the line that the claim holds. A claim that waits goes on waiting.
function Release.release(call, number, talked, rest_until)
  local it = Call.of(call)
  local stands = Call.standing(it, number)
  if not stands or stands[2] ~= 'holds' then return end
  Call.strike(it, number)
  local own = Line.of(stands[3], stands[4])
  Line.hold(own, -1)
  if talked then part('tallies').count(own, stands[4]) end
  if rest_until then
    Line.rest(own, 1)
    Release.moved_rests = true
    local name = string.format('%016.0f:', part('queue').next_order()) .. own.name
    redis.call('ZADD', BASE .. ':rests', rest_until, name)
    redis.call('PEXPIRE', BASE .. ':rests', KEPT)
  else
    Release.hand_on(own)
  end
end

-- Ends the claim, whether it waits or holds.
function Release.abandon(call, number)
  local it = Call.of(call)
  local stands = Call.standing(it, number)
  if not stands then return end
  if stands[2] == 'holds' then return Release.release(call, number, false, nil) end
  Call.strike(it, number)
  local Queue = part('queue')
  local who = Queue.waiter(stands[3])
  if who then Queue.leave(stands[3], who, false) end
end

-- Gives out the lines whose rest is over.
function Release.due()
  for _ = 1, RESTS_AT_ONCE_MAX do
    local first = redis.call('ZRANGE', BASE .. ':rests', 0, 0, 'WITHSCORES')
    if not first[1] or tonumber(first[2]) > ASKED.now then return end
    redis.call('ZREM', BASE .. ':rests', first[1])
    local it = Line.of(string.sub(first[1], 18))
    Line.rest(it, -1)
    Release.moved_rests = true
    Release.hand_on(it)
  end
end

return Release
