-- Which call has which line, and which call waits for one.

local calls = {}

-- What is known of the call, under `record`: `highest` number of its claims, its `standing` claims, the `turns`
-- it moved, the hotlines it is `counted` in, its `switch`.
local function call_of(name)
  local it = calls[name]
  if it then return it end
  local packed = redis.call('GET', CALLS .. name)
  it = { known = packed and true or false,
         record = packed and cmsgpack.unpack(packed) or { highest = 0, standing = {}, turns = {}, counted = {} } }
  calls[name] = it
  return it
end

local function write_calls()
  for name, it in pairs(calls) do
    if it.over then
      redis.call('DEL', CALLS .. name)
      redis.call('ZREM', KNOWN, name)
    elseif it.changed then
      if name == CALL and SWITCH ~= '' then it.record.switch = SWITCH end
      redis.call('SET', CALLS .. name, cmsgpack.pack(it.record), 'PX', KEPT)
      redis.call('ZADD', KNOWN, NOW, name)
      redis.call('PEXPIRE', KNOWN, KEPT)
    end
  end
end

-- Whether the call is known, or may be.
local function has_room(it) return it.known or it.changed or redis.call('ZCARD', KNOWN) < CALLS_KNOWN_MAX end

local function standing(it, number)
  for at, claim in ipairs(it.record.standing) do
    if claim[1] == number then return claim, at end
  end
end

local function stand(it, claim)
  it.record.standing[#it.record.standing + 1] = claim
  it.changed = true
end

local function strike(it, number)
  local _, at = standing(it, number)
  if at then table.remove(it.record.standing, at) end
  it.changed = true
end

local function includes(list, what)
  for _, one in ipairs(list) do
    if one == what then return true end
  end
  return false
end

local function take(call, number, own, pick, agents, at, by_turn)
  local it, name = call_of(call), agents[at][1]
  stand(it, { number, 'holds', name, own.name })
  local turns = it.record.turns
  if pick == 'next_in_turn' and by_turn and not includes(turns, own.name) then
    if #turns >= TURNS_PER_CALL_MAX then table.remove(turns, 1) end
    turns[#turns + 1] = own.name
    own.turn, own.turn_at, own.changed = name, at - 1, true
  elseif pick == 'by_share' then
    share_out(own, agents, at)
  end
  hold(line(name), 1)
  return { 'claimed', name }
end

-- Goes to whichever daemon asked, into its inbox.
local function tell(daemon, call, number, name)
  local inbox = INBOX .. daemon
  redis.call('XADD', inbox, 'MAXLEN', '~', INBOX_LENGTH_MAX, '*', 'call', call, 'number', number, 'line', name)
  redis.call('PEXPIRE', inbox, INBOX_KEPT)
end

-- A line may have come free: who has waited longest for it has it.
local function hand_on(it)
  -- Each round takes the line once more, or puts somebody out of a queue, so this ends.
  while true do
    local rank, at, crew = first_for(it)
    if not rank then return end
    local who = waiter(rank)
    local agents = who and leave_queue(rank, who, true) or {}
    if agents[at] then
      strike(call_of(who.call), who.number)
      local answer = take(who.call, who.number, pool(who.pool), who.pick, agents, at, true)
      tell(who.daemon, who.call, who.number, answer[2])
    else
      -- Somebody deleted a part of what belongs together. Whoever waits asks again, and is refused.
      redis.call('ZREM', CREW .. crew .. ':waiting', rank)
      if who then strike(call_of(who.call), who.number) end
    end
  end
end

-- Gives out the lines whose rest is over.
local function due()
  for _ = 1, RESTS_AT_ONCE_MAX do
    local first = redis.call('ZRANGE', RESTS, 0, 0, 'WITHSCORES')
    if not first[1] or tonumber(first[2]) > NOW then return end
    redis.call('ZREM', RESTS, first[1])
    local it = line(string.sub(first[1], 18))
    rest(it, -1)
    hand_on(it)
  end
end

-- The candidates, which begin at this argument.
local function read_agents(from)
  local agents = {}
  for at = from, #ARGV, 3 do
    agents[#agents + 1] = { ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]) }
  end
  return agents
end

local function remembered(caller, name)
  if caller == '' then return nil end
  local kept = redis.call('GET', LAST .. name .. ':' .. caller)
  if not kept then return nil end
  local till, last = string.match(kept, '^(%d+) (.*)$')
  return tonumber(till) > NOW and last or nil
end

local function claim()
  local it = call_of(CALL)
  local stands = standing(it, NUMBER)
  if stands and stands[2] == 'holds' then return { 'claimed', stands[3] } end
  if stands then
    local who = waiter(stands[3])
    if not who then return { 'refused' } end
    tell_here(stands[3], who)
    return place(who.pool, stands[3])
  end
  if not has_room(it) then return { 'refused' } end
  local new = NUMBER > it.record.highest and #it.record.standing < CLAIMS_PER_CALL_MAX
  it.record.highest, it.changed = math.max(it.record.highest, NUMBER), true
  if not new then return { 'refused' } end

  local own, pick, agents = pool(ARGV[8]), ARGV[9], read_agents(14)
  local at, by_turn = choose(own, pick, agents, remembered(ARGV[10], own.name))
  if at then return take(CALL, NUMBER, own, pick, agents, at, by_turn) end
  if ARGV[11] == '' or #agents == 0 then return { 'refused' } end
  if redis.call('ZCARD', QUEUE .. own.name) >= tonumber(ARGV[13]) then return { 'refused' } end
  -- The argument is the rank without who asked first.
  local rank = ARGV[12] .. string.format('%016.0f', next_order())
  enter_queue(own.name, pick, agents, rank)
  stand(it, { NUMBER, 'waits', rank })
  return place(own.name, rank)
end

-- Gives back what the claim holds. What it waits for it goes on waiting for.
local function release(call, number, talked, rest_until)
  local it = call_of(call)
  local stands = standing(it, number)
  if not stands or stands[2] ~= 'holds' then return end
  strike(it, number)
  local own = line(stands[3], stands[4])
  hold(own, -1)
  if talked then count_talk(own, stands[4]) end
  if rest_until then
    rest(own, 1)
    redis.call('ZADD', RESTS, rest_until, string.format('%016.0f:', next_order()) .. own.name)
    redis.call('PEXPIRE', RESTS, KEPT)
  else
    hand_on(own)
  end
end

-- Ends the claim, whether it waits or holds.
local function abandon(call, number)
  local it = call_of(call)
  local stands = standing(it, number)
  if not stands then return end
  if stands[2] == 'holds' then return release(call, number, false, nil) end
  strike(it, number)
  local who = waiter(stands[3])
  if who then leave_queue(stands[3], who, false) end
end

local function place_of()
  local stands = standing(call_of(CALL), NUMBER)
  local who = stands and stands[2] == 'waits' and waiter(stands[3])
  return who and place(who.pool, stands[3]) or { 'none' }
end

local function remember(name, caller, last, till, kept)
  local key = LAST .. name .. ':' .. caller
  if tonumber(till) > NOW then
    redis.call('SET', key, till .. ' ' .. last, 'PX', kept)
  else
    redis.call('DEL', key)
  end
end

-- The call has this line, whatever else is known: it was given out while nobody could be asked.
local function hold_on(name, in_pool)
  local it = call_of(CALL)
  local stands = standing(it, NUMBER)
  if stands and stands[2] == 'holds' then return { 'claimed', stands[3] } end
  if stands then abandon(CALL, NUMBER) end
  it.record.highest = math.max(it.record.highest, NUMBER)
  stand(it, { NUMBER, 'holds', name, in_pool })
  hold(line(name), 1)
  return { 'claimed', name }
end
