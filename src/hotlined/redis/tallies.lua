-- How many talks a line had, and how many calls it is owed, in each pool.

local Line = part('lines')
local Tally = {}

function Tally.read(text)
  if not text then return false end
  local came, talks, day, owed = string.match(text, '^(%d+) (%d+) (%d+) (-?%d+)$')
  return { came = tonumber(came), talks = tonumber(talks), day = tonumber(day), owed = tonumber(owed) }
end

function Tally.write(tally)
  return string.format('%.0f %.0f %.0f %.0f', tally.came, tally.talks, tally.day, tally.owed)
end

function Tally.of(it, pool)
  if it.tallies[pool] == nil then
    local text = it.read_of == pool and it.read
      or it.read_of ~= pool and redis.call('HGET', BASE .. ':line:' .. it.name, 'pool:' .. pool)
    it.tallies[pool] = Tally.read(text)
  end
  return it.tallies[pool]
end

-- The line's tally of the pool, which is made where there is none; the pool it came to first makes room for it.
function Tally.own(it, pool)
  local own = Tally.of(it, pool)
  if own then return own end
  local all = redis.call('HGETALL', BASE .. ':line:' .. it.name)
  local count, oldest, oldest_came, last_came = 0, nil, nil, 0
  for at = 1, #all, 2 do
    local of = string.match(all[at], '^pool:(.*)$')
    if of then
      local came = tonumber(string.match(all[at + 1], '^%d+'))
      count = count + 1
      last_came = math.max(last_came, came)
      if not oldest or came < oldest_came then oldest, oldest_came = of, came end
    end
  end
  if count >= POOLS_PER_LINE_MAX then
    redis.call('HDEL', BASE .. ':line:' .. it.name, 'pool:' .. oldest)
    it.tallies[oldest] = false
  end
  own = { came = last_came + 1, talks = 0, day = 0, owed = 0 }
  it.tallies[pool] = own
  redis.call('HSET', BASE .. ':line:' .. it.name, 'pool:' .. pool, Tally.write(own))
  it.first = true
  return own
end

-- The day of the counts: they are halved at 20:00 UTC, which is four in the morning in China.
function Tally.day() return math.floor((ASKED.now + 14400000) / 86400000) end

function Tally.halved(talks, counted_on)
  local days = math.max(0, Tally.day() - counted_on)
  if days >= 64 then return 0 end
  return math.floor(talks / 2 ^ days)
end

function Tally.talks(it, pool)
  local counted = Tally.of(it, pool)
  return (counted and Tally.halved(counted.talks, counted.day) or 0) + it.held * TALK
end

function Tally.count(it, pool)
  local own = Tally.own(it, pool)
  own.talks, own.day, own.changed = Tally.halved(own.talks, own.day) + TALK, Tally.day(), true
  it.talked, it.changed, it.used = ASKED.now, true, true
end

function Tally.owed(it, pool)
  local own = Tally.of(it, pool)
  return own and own.owed or 0
end

function Tally.owe(it, pool, more, most)
  local own = Tally.own(it, pool)
  own.owed = math.max(-most, math.min(most, own.owed + more))
  own.changed, it.changed = true, true
end

-- A call of the pool went to one of these agents: each was due its share of it, and that one got all of it.
function Tally.share_out(pool, agents, chosen)
  local whole = 0
  for at = 1, #agents do whole = whole + agents[at][3] end
  for at = 1, #agents do
    local got = at == chosen and whole or 0
    Tally.owe(Line.of(agents[at][1], pool.name), pool.name, agents[at][3] - got, whole * ROUNDS_OWED_MAX)
  end
end

return Tally
