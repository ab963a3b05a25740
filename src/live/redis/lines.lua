-- The lines of agents: how many are taken, when somebody last talked on one, and in each pool how often.
--
-- A line is read once a script and written once, at its end. What nobody has taken yet has no key.

local lines = {}

local function read_tally(text)
  if not text then return false end
  local came, talks, day, owed = string.match(text, '^(%d+) (%d+) (%d+) (-?%d+)$')
  return { came = tonumber(came), talks = tonumber(talks), day = tonumber(day), owed = tonumber(owed) }
end

local function write_tally(tally)
  return string.format('%.0f %.0f %.0f %.0f', tally.came, tally.talks, tally.day, tally.owed)
end

-- The line of this name; with its tally of the pool, where that will be asked for.
local function line(name, pool)
  local it = lines[name]
  if it then return it end
  local field = pool and ('pool:' .. pool) or 'held'
  local got = redis.call('HMGET', LINE .. name, 'held', 'resting', 'talked', field)
  -- Who never talked did so before all others.
  it = { name = name, held = tonumber(got[1] or 0), resting = tonumber(got[2] or 0),
         talked = tonumber(got[3] or -1), tallies = {} }
  if pool then it.tallies[pool] = read_tally(got[4]) end
  lines[name] = it
  return it
end

local function taken(it) return it.held + it.resting end

local function tally(it, pool)
  if it.tallies[pool] == nil then
    it.tallies[pool] = read_tally(redis.call('HGET', LINE .. it.name, 'pool:' .. pool))
  end
  return it.tallies[pool]
end

-- The line's tally of the pool, which is made where there is none; the pool it came to first makes room for it.
local function own_tally(it, pool)
  local own = tally(it, pool)
  if own then return own end
  local all = redis.call('HGETALL', LINE .. it.name)
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
    redis.call('HDEL', LINE .. it.name, 'pool:' .. oldest)
    it.tallies[oldest] = false
  end
  own = { came = last_came + 1, talks = 0, day = 0, owed = 0 }
  it.tallies[pool] = own
  redis.call('HSET', LINE .. it.name, 'pool:' .. pool, write_tally(own))
  it.first = true
  return own
end

-- The day of the counts: they are halved at 20:00 UTC, which is four in the morning in China.
local function day() return math.floor((NOW + 14400000) / 86400000) end

local function halved(talks, counted_on)
  local days = math.max(0, day() - counted_on)
  if days >= 64 then return 0 end
  return math.floor(talks / 2 ^ days)
end

local function talks(it, pool)
  local counted = tally(it, pool)
  return (counted and halved(counted.talks, counted.day) or 0) + it.held * TALK
end

local function count_talk(it, pool)
  local own = own_tally(it, pool)
  own.talks, own.day, own.changed = halved(own.talks, own.day) + TALK, day(), true
  it.talked, it.changed, it.used = NOW, true, true
end

local function owed(it, pool)
  local own = tally(it, pool)
  return own and own.owed or 0
end

local function owe(it, pool, more, most)
  local own = own_tally(it, pool)
  own.owed = math.max(-most, math.min(most, own.owed + more))
  own.changed, it.changed = true, true
end

-- How many hold the line, or have it at rest, from now on.
local function hold(it, more)
  it.held, it.changed, it.used = math.max(0, it.held + more), true, true
  redis.call('HINCRBY', BASE, 'held', more)
end

local function rest(it, more)
  it.resting, it.changed, it.used = math.max(0, it.resting + more), true, true
end

local function write_lines()
  for name, it in pairs(lines) do
    if it.changed then
      local set = { 'HSET', LINE .. name, 'held', it.held, 'resting', it.resting }
      if it.talked >= 0 then
        set[#set + 1] = 'talked'
        set[#set + 1] = it.talked
      end
      for pool, own in pairs(it.tallies) do
        if own and own.changed then
          set[#set + 1] = 'pool:' .. pool
          set[#set + 1] = write_tally(own)
        end
      end
      redis.call(unpack(set))
      -- Who is only owed a share, with hundreds of others, at every claim, is not touched each time.
      if it.used or it.first then redis.call('PEXPIRE', LINE .. name, KEPT) end
    end
  end
end
