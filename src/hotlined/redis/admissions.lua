-- How many calls a hotline has, and how often a caller called it lately.

local Call = part('calls')
local Admission = {}

function Admission.counted_in(it, hotline)
  for at, counted in ipairs(it.record.counted) do
    if counted[1] == hotline then return counted, at end
  end
end

-- How many calls the caller made within the span, with this call, which is remembered if `keep`. The list has the time
-- when it ends, and then the time of each call, earliest first.
function Admission.recent_calls(hotline, caller, span, kept, keep)
  local key = BASE .. ':recent:' .. hotline .. ':' .. caller
  local till = tonumber(redis.call('LINDEX', key, 0) or 0)
  local within = function(at) return tonumber(at) + span > ASKED.now end
  if not keep then
    if till <= ASKED.now then return 1 end
    local count = 1
    for _, at in ipairs(redis.call('LRANGE', key, 1, -1)) do
      if within(at) then count = count + 1 end
    end
    return count
  end
  if till <= ASKED.now then redis.call('DEL', key) else redis.call('LPOP', key) end
  local length = redis.call('LLEN', key)
  while length > 0 and (length >= RECENT_CALLS_MAX or not within(redis.call('LINDEX', key, 0))) do
    redis.call('LPOP', key)
    length = length - 1
  end
  redis.call('RPUSH', key, ASKED.now)
  redis.call('LPUSH', key, ASKED.now + span)
  redis.call('PEXPIRE', key, kept)
  return length + 1
end

function Admission.count_out(hotline)
  if redis.call('DECR', BASE .. ':live:' .. hotline) <= 0 then redis.call('DEL', BASE .. ':live:' .. hotline) end
end

function Admission.admit(hotline, calls_max, caller, span, kept)
  local it = Call.of(ASKED.call)
  local function count(keep) return Admission.recent_calls(hotline, caller, tonumber(span), kept, keep) end
  local asks = span ~= ''
  local counted = Admission.counted_in(it, hotline)
  if counted then
    -- A hotline asks first whether it has room, and its rules later how often the caller called.
    if not counted[2] and asks then counted[2], it.changed = count(true), true end
    return { 'admitted', 1, counted[2] or 0 }
  end
  local live = tonumber(redis.call('GET', BASE .. ':live:' .. hotline) or 0)
  local room = (calls_max == '' or live < tonumber(calls_max))
    and #it.record.counted < HOTLINES_PER_CALL_MAX and Call.has_room(it)
  local recent = asks and count(room)
  if room then
    redis.call('SET', BASE .. ':live:' .. hotline, live + 1, 'PX', KEPT)
    table.insert(it.record.counted, { hotline, recent })
    it.changed = true
  end
  return { 'admitted', room and 1 or 0, recent or 0 }
end

function Admission.leave(hotline)
  local it = Call.of(ASKED.call)
  local _, at = Admission.counted_in(it, hotline)
  if not at then return end
  table.remove(it.record.counted, at)
  it.changed = true
  Admission.count_out(hotline)
end

-- The call has ended. Returns how many lines, claims and counts it still had.
function Admission.forget(call)
  local it = Call.of(call)
  local left = 0
  -- What waits goes first, so that nothing is given to a call that is over.
  for _, kind in ipairs({ 'waits', 'holds' }) do
    local numbers = {}
    for _, stands in ipairs(it.record.standing) do
      if stands[2] == kind then numbers[#numbers + 1] = stands[1] end
    end
    table.sort(numbers)
    for _, number in ipairs(numbers) do part('releases').abandon(call, number) end
    left = left + #numbers
  end
  for _, counted in ipairs(it.record.counted) do Admission.count_out(counted[1]) end
  left = left + #it.record.counted
  it.over = true
  return left
end

-- While a daemon has the lease of the switch, a saved call goes on, however long it sends no operation.
function Admission.goes_on(call, it)
  local switch = it.record.switch
  return switch and redis.call('EXISTS', BASE .. ':lease:' .. switch) == 1
    and redis.call('HEXISTS', BASE .. ':kept:' .. switch, call) == 1
end

-- Any other call without an operation for so long has ended, whichever daemon should have reported it.
function Admission.forget_lost()
  local left = 0
  local before = ASKED.now - CALL_KEPT
  local lost = redis.call('ZRANGEBYSCORE', BASE .. ':known', '-inf', before, 'LIMIT', 0, LOST_AT_ONCE_MAX)
  for _, call in ipairs(lost) do
    local it = Call.of(call)
    if Admission.goes_on(call, it) then it.changed = true else left = left + Admission.forget(call) end
  end
  return left
end

return Admission
