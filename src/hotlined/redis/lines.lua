-- The lines of agents: how many are taken, and when the last talk on each ended.
--
-- A script reads a line once and writes it once, at its end. A line that was never taken has no key.

local Line = {}
local lines = {}

-- The line of this name; with its tally of the pool, if the script needs the tally.
function Line.of(name, pool)
  local it = lines[name]
  if it then return it end
  local field = pool and ('pool:' .. pool) or 'held'
  local got = redis.call('HMGET', BASE .. ':line:' .. name, 'held', 'resting', 'talked', field)
  -- Who never talked did so before all others.
  it = { name = name, held = tonumber(got[1] or 0), resting = tonumber(got[2] or 0),
         talked = tonumber(got[3] or -1), tallies = {}, read_of = pool, read = pool and got[4] }
  lines[name] = it
  return it
end

function Line.taken(it) return it.held + it.resting end

-- How many hold the line, or have it at rest, from now on.
function Line.hold(it, more)
  it.held, it.changed, it.used = math.max(0, it.held + more), true, true
  -- The first line that anybody holds may be the first that is ever written here.
  if redis.call('HINCRBY', BASE, 'held', more) == more then redis.call('PEXPIRE', BASE, KEPT) end
end

function Line.rest(it, more)
  it.resting, it.changed, it.used = math.max(0, it.resting + more), true, true
end

function Line.write()
  for name, it in pairs(lines) do
    if it.changed then
      local set = { 'HSET', BASE .. ':line:' .. name, 'held', it.held, 'resting', it.resting }
      if it.talked >= 0 then
        set[#set + 1] = 'talked'
        set[#set + 1] = it.talked
      end
      for pool, own in pairs(it.tallies) do
        if own and own.changed then
          set[#set + 1] = 'pool:' .. pool
          set[#set + 1] = part('tallies').write(own)
        end
      end
      redis.call(unpack(set))
      -- Who is only owed a share, with hundreds of others, at every claim, is not touched each time.
      if it.used or it.first then redis.call('PEXPIRE', BASE .. ':line:' .. name, KEPT) end
    end
  end
end

return Line
