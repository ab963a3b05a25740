-- The pools of agents: whose turn it is, and how fast their queue is served.

local Pool = {}
local pools = {}

function Pool.of(name)
  local it = pools[name]
  if it then return it end
  local got = redis.call('HMGET', BASE .. ':pool:' .. name, 'turn', 'turn_at', 'unserved', 'pace')
  it = { name = name, turn = got[1], turn_at = tonumber(got[2] or 0), unserved = tonumber(got[3] or nil),
         pace = tonumber(got[4] or nil) }
  pools[name] = it
  return it
end

function Pool.write()
  for name, it in pairs(pools) do
    if it.changed then
      local key = BASE .. ':pool:' .. name
      if it.turn then redis.call('HSET', key, 'turn', it.turn, 'turn_at', it.turn_at) end
      if it.pace then redis.call('HSET', key, 'pace', it.pace) end
      if it.unserved then
        redis.call('HSET', key, 'unserved', it.unserved)
      else
        redis.call('HDEL', key, 'unserved')
      end
      redis.call('PEXPIRE', key, KEPT)
    end
  end
end

return Pool
