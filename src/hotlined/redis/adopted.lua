-- Saved calls, for the daemon that has the lease of their switch: taken over from the daemon before, and ended.

local Call = part('calls')
local Kept = {}

-- What the calls have in the ACD. Later replies to their claims go to the daemon that asks this. The calls are the
-- arguments from this one on.
function Kept.adopt(from)
  local Queue = part('queue')
  local answer = { 'adopted' }
  for at = from, #ARGV do
    local name = ARGV[at]
    local it = Call.of(name)
    local told, lost = { name }, {}
    for _, stands in ipairs(it.record.standing) do
      local number, kind = stands[1], stands[2]
      local who = kind == 'waits' and Queue.waiter(stands[3])
      if kind == 'holds' then
        told[#told + 1] = { 'holds', number, stands[3], stands[4] }
      elseif who then
        Queue.tell_here(stands[3], who)
        local at_place = Queue.place(who.pool, stands[3])
        told[#told + 1] = { 'waits', number, at_place[2], at_place[3] }
      else
        lost[#lost + 1] = number
      end
    end
    -- Somebody deleted a part of what belongs together. Who waits by no queue waits for nothing.
    for _, number in ipairs(lost) do Call.strike(it, number) end
    for _, counted in ipairs(it.record.counted) do told[#told + 1] = { 'counted', counted[1] } end
    if it.known then it.record.switch, it.changed = ASKED.switch, true end
    answer[#answer + 1] = told
  end
  return answer
end

-- The call has ended: its entry is deleted, and its deliveries are saved until they are done. Ids and payloads of the
-- deliveries are the arguments from this one on.
function Kept.over(from)
  redis.call('HDEL', BASE .. ':kept:' .. ASKED.switch, ASKED.call)
  local outbox = BASE .. ':outbox:' .. ASKED.switch
  for at = from, #ARGV, 2 do redis.call('HSET', outbox, ARGV[at], ARGV[at + 1]) end
  if #ARGV >= from then redis.call('PEXPIRE', outbox, KEPT) end
  return part('admissions').forget(ASKED.call)
end

return Kept
