-- Who waits for which lines, in which order.
--
-- A rank is digits of one length, so that ranks stand in a sorted set in the order of their text: 255 less the
-- priority, since when it waits, who asked first. Claims of one pool that accept the same lines in the same way
-- wait for one crew, so that a line that comes free asks only as many as there are different wishes for it.

local pools = {}

local function pool(name)
  local it = pools[name]
  if it then return it end
  local got = redis.call('HMGET', POOL .. name, 'turn', 'turn_at', 'unserved', 'pace')
  it = { name = name, turn = got[1], turn_at = tonumber(got[2] or 0), unserved = tonumber(got[3] or nil),
         pace = tonumber(got[4] or nil) }
  pools[name] = it
  return it
end

local function write_pools()
  for name, it in pairs(pools) do
    if it.changed then
      local key = POOL .. name
      if it.turn then redis.call('HSET', key, 'turn', it.turn, 'turn_at', it.turn_at) end
      if it.pace then redis.call('HSET', key, 'pace', it.pace) end
      if it.unserved then
        redis.call('HSET', key, 'unserved', it.unserved)
      else
        redis.call('HDEL', key, 'unserved')
      end
      redis.call('PEXPIRE', key, KEPT)
    end
  end
end

local function next_order() return redis.call('HINCRBY', BASE, 'order', 1) end

local function crew_of(name, pick, agents)
  local told = { name, pick }
  for at = 1, #agents do told[#told + 1] = table.concat(agents[at], '\t') end
  return redis.sha1hex(table.concat(told, '\n'))
end

-- How many are served before this one, and how long that takes if all goes on as it did.
local function place(name, rank)
  local ahead = redis.call('ZRANK', QUEUE .. name, rank) or 0
  local pace = pool(name).pace
  return { 'waiting', ahead, pace and string.format('%.0f', pace * (ahead + 1)) or '' }
end

local function enter_queue(name, pick, agents, rank)
  local crew = crew_of(name, pick, agents)
  local waiting = CREW .. crew .. ':waiting'
  if redis.call('EXISTS', waiting) == 0 then
    for at = 1, #agents do
      local key = AWAITED .. agents[at][1]
      redis.call('HSET', key, crew .. ':' .. at, agents[at][2])
      redis.call('PEXPIRE', key, KEPT)
    end
  end
  redis.call('SET', CREW .. crew, cmsgpack.pack(agents), 'PX', KEPT)
  redis.call('ZADD', waiting, 0, rank)
  redis.call('ZADD', QUEUE .. name, 0, rank)
  redis.call('HSET', WAITING, rank, cmsgpack.pack({ CALL, NUMBER, DAEMON, name, pick, crew }))
  for _, key in ipairs({ waiting, QUEUE .. name, WAITING }) do redis.call('PEXPIRE', key, KEPT) end
  local it = pool(name)
  if not it.unserved then it.unserved, it.changed = NOW, true end
end

local function waiter(rank)
  local packed = redis.call('HGET', WAITING, rank)
  if not packed then return nil end
  local call, number, daemon, name, pick, crew = unpack(cmsgpack.unpack(packed))
  return { call = call, number = number, daemon = daemon, pool = name, pick = pick, crew = crew }
end

-- Whoever asks for this claim from now on is told of it.
local function tell_here(rank, it)
  if it.daemon == DAEMON then return end
  redis.call('HSET', WAITING, rank, cmsgpack.pack({ it.call, it.number, DAEMON, it.pool, it.pick, it.crew }))
end

local function agents_of(crew)
  local packed = redis.call('GET', CREW .. crew)
  return packed and cmsgpack.unpack(packed) or {}
end

-- How long did it take until this one was served, since the last was, or since there was a queue?
local function serve(it)
  local took = it.unserved and math.max(0, NOW - it.unserved)
  it.unserved, it.changed = NOW, true
  if took then it.pace = it.pace and math.floor((it.pace * (PACE_MEMORY - 1) + took) / PACE_MEMORY) or took end
end

-- The claim waits no longer: it is served, or gives up. Gives back for whom its crew waited.
local function leave_queue(rank, it, served)
  local own = pool(it.pool)
  if served then serve(own) end
  redis.call('HDEL', WAITING, rank)
  redis.call('ZREM', QUEUE .. it.pool, rank)
  if redis.call('EXISTS', QUEUE .. it.pool) == 0 then own.unserved, own.changed = nil, true end
  local agents = agents_of(it.crew)
  local waiting = CREW .. it.crew .. ':waiting'
  redis.call('ZREM', waiting, rank)
  if redis.call('EXISTS', waiting) == 0 then
    for at = 1, #agents do redis.call('HDEL', AWAITED .. agents[at][1], it.crew .. ':' .. at) end
    redis.call('DEL', CREW .. it.crew)
  end
  return agents
end

-- Who is first of those who could have this line as it is, the line's place among its candidates, and its crew.
local function first_for(it)
  local awaited = redis.call('HGETALL', AWAITED .. it.name)
  local first, first_at, first_crew
  for field = 1, #awaited, 2 do
    if taken(it) < tonumber(awaited[field + 1]) then
      local crew, at = string.match(awaited[field], '^(%x+):(%d+)$')
      at = tonumber(at)
      local rank = redis.call('ZRANGE', CREW .. crew .. ':waiting', 0, 0)[1]
      if rank and (not first or rank < first or (rank == first and at < first_at)) then
        first, first_at, first_crew = rank, at, crew
      end
    end
  end
  -- A queue that is never empty must not lose who it waits for.
  if #awaited > 0 then redis.call('PEXPIRE', AWAITED .. it.name, KEPT) end
  return first, first_at, first_crew
end
