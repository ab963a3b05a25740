-- The calls: what each has, and what it waits for.

local Call = {}
local calls = {}

-- The call, under `record`: `highest` number of its claims, its `standing` claims, the `turns`
-- it moved, the hotlines it is `counted` in, its `switch`.
function Call.of(name)
  local it = calls[name]
  if it then return it end
  local packed = redis.call('GET', BASE .. ':call:' .. name)
  it = { known = packed and true or false,
         record = packed and cmsgpack.unpack(packed) or { highest = 0, standing = {}, turns = {}, counted = {} } }
  calls[name] = it
  return it
end

function Call.write()
  local known = BASE .. ':known'
  for name, it in pairs(calls) do
    if it.over then
      redis.call('DEL', BASE .. ':call:' .. name)
      redis.call('ZREM', known, name)
    elseif it.changed then
      if name == ASKED.call and ASKED.switch ~= '' then it.record.switch = ASKED.switch end
      redis.call('SET', BASE .. ':call:' .. name, cmsgpack.pack(it.record), 'PX', KEPT)
      -- Each new call puts off when they all expire.
      if redis.call('ZADD', known, ASKED.now, name) == 1 then redis.call('PEXPIRE', known, KEPT) end
    end
  end
end

-- Whether the call is known, or there is room for one more.
function Call.has_room(it)
  return it.known or it.changed or redis.call('ZCARD', BASE .. ':known') < CALLS_KNOWN_MAX
end

function Call.standing(it, number)
  for at, claim in ipairs(it.record.standing) do
    if claim[1] == number then return claim, at end
  end
end

function Call.stand(it, claim)
  it.record.standing[#it.record.standing + 1] = claim
  it.changed = true
end

function Call.strike(it, number)
  local _, at = Call.standing(it, number)
  if at then table.remove(it.record.standing, at) end
  it.changed = true
end

return Call
