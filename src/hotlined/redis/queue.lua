-- Which claims wait for which lines, in which order.
--
-- A rank is digits of one length, so that ranks stand in a sorted set in the order of their text: 255 less the
-- priority, since when it waits, the order of arrival. Claims of one pool that accept the same lines in the same way
-- wait for one crew, so a line that comes free asks each crew once and not each claim.

local Pool = part('pools')
local Queue = {}

function Queue.next_order()
  local order = redis.call('HINCRBY', BASE, 'order', 1)
  -- The first may be the first that is ever written here.
  if order == 1 then redis.call('PEXPIRE', BASE, KEPT) end
  return order
end

function Queue.crew_of(name, pick, agents)
  local told = { name, pick }
  for at = 1, #agents do told[#told + 1] = table.concat(agents[at], '\t') end
  return redis.sha1hex(table.concat(told, '\n'))
end

-- How many claims are served before this one, and how long that takes at the pace so far.
function Queue.place(name, rank)
  local ahead = redis.call('ZRANK', BASE .. ':queue:' .. name, rank) or 0
  local pace = Pool.of(name).pace
  return { 'waiting', ahead, pace and string.format('%.0f', pace * (ahead + 1)) or '' }
end

function Queue.enter(name, pick, agents, rank)
  local crew = Queue.crew_of(name, pick, agents)
  local waiting = BASE .. ':crew:' .. crew .. ':waiting'
  if redis.call('EXISTS', waiting) == 0 then
    for at = 1, #agents do
      local key = BASE .. ':awaited:' .. agents[at][1]
      redis.call('HSET', key, crew .. ':' .. at, agents[at][2])
      redis.call('PEXPIRE', key, KEPT)
    end
  end
  redis.call('SET', BASE .. ':crew:' .. crew, cmsgpack.pack(agents), 'PX', KEPT)
  redis.call('ZADD', waiting, 0, rank)
  redis.call('ZADD', BASE .. ':queue:' .. name, 0, rank)
  local who = { ASKED.call, ASKED.number, ASKED.daemon, name, pick, crew }
  redis.call('HSET', BASE .. ':waiting', rank, cmsgpack.pack(who))
  for _, key in ipairs({ waiting, BASE .. ':queue:' .. name, BASE .. ':waiting' }) do
    redis.call('PEXPIRE', key, KEPT)
  end
  local it = Pool.of(name)
  if not it.unserved then it.unserved, it.changed = ASKED.now, true end
end

function Queue.waiter(rank)
  local packed = redis.call('HGET', BASE .. ':waiting', rank)
  if not packed then return nil end
  local call, number, daemon, name, pick, crew = unpack(cmsgpack.unpack(packed))
  return { call = call, number = number, daemon = daemon, pool = name, pick = pick, crew = crew }
end

-- The daemon that asks now gets the later reply to this claim.
function Queue.tell_here(rank, it)
  if it.daemon == ASKED.daemon then return end
  local who = { it.call, it.number, ASKED.daemon, it.pool, it.pick, it.crew }
  redis.call('HSET', BASE .. ':waiting', rank, cmsgpack.pack(who))
end

function Queue.agents_of(crew)
  local packed = redis.call('GET', BASE .. ':crew:' .. crew)
  return packed and cmsgpack.unpack(packed) or {}
end

-- Takes in how long this claim took to be served since the last one, or since the queue began.
function Queue.serve(it)
  local took = it.unserved and math.max(0, ASKED.now - it.unserved)
  it.unserved, it.changed = ASKED.now, true
  if took then it.pace = it.pace and math.floor((it.pace * (PACE_MEMORY - 1) + took) / PACE_MEMORY) or took end
end

-- The claim waits no longer: it is served, or gives up. Returns the candidates of its crew.
function Queue.leave(rank, it, served)
  local own = Pool.of(it.pool)
  if served then Queue.serve(own) end
  redis.call('HDEL', BASE .. ':waiting', rank)
  redis.call('ZREM', BASE .. ':queue:' .. it.pool, rank)
  if redis.call('EXISTS', BASE .. ':queue:' .. it.pool) == 0 then own.unserved, own.changed = nil, true end
  local agents = Queue.agents_of(it.crew)
  local waiting = BASE .. ':crew:' .. it.crew .. ':waiting'
  redis.call('ZREM', waiting, rank)
  if redis.call('EXISTS', waiting) == 0 then
    for at = 1, #agents do redis.call('HDEL', BASE .. ':awaited:' .. agents[at][1], it.crew .. ':' .. at) end
    redis.call('DEL', BASE .. ':crew:' .. it.crew)
  end
  return agents
end

return Queue
