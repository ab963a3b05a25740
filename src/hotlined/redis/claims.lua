-- Which call has which line, and which call waits for one.

local Call, Line, Pool = part('calls'), part('lines'), part('pools')
local Claim = {}

function Claim.includes(list, what)
  for _, one in ipairs(list) do
    if one == what then return true end
  end
  return false
end

function Claim.take(call, number, own, pick, agents, at, by_turn)
  local it, name = Call.of(call), agents[at][1]
  Call.stand(it, { number, 'holds', name, own.name })
  local turns = it.record.turns
  if pick == 'next_in_turn' and by_turn and not Claim.includes(turns, own.name) then
    if #turns >= TURNS_PER_CALL_MAX then table.remove(turns, 1) end
    turns[#turns + 1] = own.name
    own.turn, own.turn_at, own.changed = name, at - 1, true
  elseif pick == 'by_share' then
    part('tallies').share_out(own, agents, at)
  end
  Line.hold(Line.of(name), 1)
  return { 'claimed', name }
end

-- The candidates, which begin at this argument.
function Claim.read_agents(from)
  local agents = {}
  for at = from, #ARGV, 3 do
    agents[#agents + 1] = { ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]) }
  end
  return agents
end

function Claim.remembered(caller, name)
  if caller == '' then return nil end
  local kept = redis.call('GET', BASE .. ':last:' .. name .. ':' .. caller)
  if not kept then return nil end
  local till, last = string.match(kept, '^(%d+) (.*)$')
  return tonumber(till) > ASKED.now and last or nil
end

function Claim.ask()
  local it = Call.of(ASKED.call)
  local stands = Call.standing(it, ASKED.number)
  if stands and stands[2] == 'holds' then return { 'claimed', stands[3] } end
  if stands then
    local Queue = part('queue')
    local who = Queue.waiter(stands[3])
    if not who then return { 'refused' } end
    Queue.tell_here(stands[3], who)
    return Queue.place(who.pool, stands[3])
  end
  if not Call.has_room(it) then return { 'refused' } end
  local new = ASKED.number > it.record.highest and #it.record.standing < CLAIMS_PER_CALL_MAX
  it.record.highest, it.changed = math.max(it.record.highest, ASKED.number), true
  if not new then return { 'refused' } end

  local own, pick, agents = Pool.of(ARGV[8]), ARGV[9], Claim.read_agents(14)
  local at, by_turn = part('pick').choose(own, pick, agents, Claim.remembered(ARGV[10], own.name))
  if at then return Claim.take(ASKED.call, ASKED.number, own, pick, agents, at, by_turn) end
  if ARGV[11] == '' or #agents == 0 then return { 'refused' } end
  if redis.call('ZCARD', BASE .. ':queue:' .. own.name) >= tonumber(ARGV[13]) then return { 'refused' } end
  local Queue = part('queue')
  -- The argument is the rank without who asked first.
  local rank = ARGV[12] .. string.format('%016.0f', Queue.next_order())
  Queue.enter(own.name, pick, agents, rank)
  Call.stand(it, { ASKED.number, 'waits', rank })
  return Queue.place(own.name, rank)
end

function Claim.place_of()
  local Queue = part('queue')
  local stands = Call.standing(Call.of(ASKED.call), ASKED.number)
  local who = stands and stands[2] == 'waits' and Queue.waiter(stands[3])
  return who and Queue.place(who.pool, stands[3]) or { 'none' }
end

function Claim.remember(name, caller, last, till, kept)
  local key = BASE .. ':last:' .. name .. ':' .. caller
  if tonumber(till) > ASKED.now then
    redis.call('SET', key, till .. ' ' .. last, 'PX', kept)
  else
    redis.call('DEL', key)
  end
end

-- The call has this line, whatever else is known: it got the line while Redis was unavailable.
function Claim.hold_on(name, in_pool)
  local it = Call.of(ASKED.call)
  local stands = Call.standing(it, ASKED.number)
  if stands and stands[2] == 'holds' then return { 'claimed', stands[3] } end
  if stands then part('releases').abandon(ASKED.call, ASKED.number) end
  it.record.highest = math.max(it.record.highest, ASKED.number)
  Call.stand(it, { ASKED.number, 'holds', name, in_pool })
  Line.hold(Line.of(name), 1)
  return { 'claimed', name }
end

return Claim
