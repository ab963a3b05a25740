-- The arguments that every operation has first. All keys of an operation have one hash tag, so they are on one node of
-- a Redis Cluster; keys.rs lists their names and contents. script.rs puts constants in place of their names, with the
-- values of the embedded ACD.

local BASE = KEYS[1]
local ASKED = {
  op = ARGV[1], now = tonumber(ARGV[2]), daemon = ARGV[3], switch = ARGV[4], token = tonumber(ARGV[5]),
  call = ARGV[6], number = tonumber(ARGV[7]),
}

-- Redis makes each function of a script anew for each run and throws it away afterwards: that was nearly half of the
-- time of a small operation. So each part is made when it is first used, and most operations
-- use few.
local PARTS, made = {}, {}

local function part(name)
  local it = made[name]
  if not it then
    it = PARTS[name]()
    made[name] = it
  end
  return it
end
