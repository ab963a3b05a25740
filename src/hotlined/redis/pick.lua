-- Which of several agents with a free line is taken. Candidates are { line, lines, share }, from 1.

local Line = part('lines')
local Pick = {}

function Pick.position(agents, name)
  for at = 1, #agents do
    if agents[at][1] == name then return at end
  end
end

function Pick.is_free(agent) return Line.taken(Line.of(agent[1])) < agent[2] end

-- The first that is free, from this place on and round the list.
function Pick.first_free(agents, from)
  for step = 0, #agents - 1 do
    local at = (from + step) % #agents + 1
    if Pick.is_free(agents[at]) then return at end
  end
end

-- The free one that has least of one thing, and of those that have equally much, of another; of several the first.
function Pick.least(agents, of)
  local best, best_one, best_other
  for at = 1, #agents do
    if Pick.is_free(agents[at]) then
      local one, other = of(agents[at])
      if not best or one < best_one or (one == best_one and other < best_other) then
        best, best_one, best_other = at, one, other
      end
    end
  end
  return best
end

-- Behind the line taken last; where that is no candidate any more, the one that has its place now.
function Pick.turn(pool, agents)
  if not pool.turn or #agents == 0 then return 0 end
  local here = Pick.position(agents, pool.turn)
  return (here or pool.turn_at) % #agents
end

-- The place of the chosen one, and whether it was its turn; otherwise the caller had talked with it before.
function Pick.choose(pool, pick, agents, remembered)
  if pick == 'fewest_calls' or pick == 'by_share' then
    for at = 1, #agents do Line.of(agents[at][1], pool.name) end
  end
  local again = remembered and Pick.position(agents, remembered)
  if again and Pick.is_free(agents[again]) then return again, false end
  if pick == 'first' then return Pick.first_free(agents, 0), true end
  if pick == 'next_in_turn' then return Pick.first_free(agents, Pick.turn(pool, agents)), true end
  if pick == 'fewest_calls' then
    local Tally = part('tallies')
    return Pick.least(agents, function(agent) return Tally.talks(Line.of(agent[1]), pool.name), 0 end), true
  end
  if pick == 'longest_idle' then
    -- Who talks on one of several lines is not idle at all.
    return Pick.least(agents, function(agent)
      local it = Line.of(agent[1])
      return it.held, it.talked
    end), true
  end
  local Tally = part('tallies')
  return Pick.least(agents, function(agent)
    return -(Tally.owed(Line.of(agent[1]), pool.name) + agent[3]), 0
  end), true
end

return Pick
