-- What each request says first. All keys of a request have one tag, so that they live on one node of a cluster;
-- keys.rs tells their names and what is in them. Figures are written in where their names stand, as the embedded
-- store has them.

local BASE = KEYS[1]
local ASKED = {
  op = ARGV[1], now = tonumber(ARGV[2]), daemon = ARGV[3], switch = ARGV[4], token = tonumber(ARGV[5]),
  call = ARGV[6], number = tonumber(ARGV[7]),
}

-- A server makes each function of a script anew for each request, and throws it away behind it: that was nearly
-- half of what a small request took. So each part is made when it is first asked for, and most requests need few.
local PARTS, made = {}, {}

local function part(name)
  local it = made[name]
  if not it then
    it = PARTS[name]()
    made[name] = it
  end
  return it
end
