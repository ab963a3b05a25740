-- What each request says first, and how keys are named. All keys of a request have one tag, so that they live on
-- one node of a cluster; keys.rs tells what is in them. The limits stand above, as the embedded store has them.

local BASE = KEYS[1]
local OP, NOW, DAEMON = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local SWITCH, TOKEN = ARGV[4], tonumber(ARGV[5])
local CALL, NUMBER = ARGV[6], tonumber(ARGV[7])

local LINE, AWAITED = BASE .. ':line:', BASE .. ':awaited:'
local POOL, QUEUE, CREW = BASE .. ':pool:', BASE .. ':queue:', BASE .. ':crew:'
local WAITING, RESTS = BASE .. ':waiting', BASE .. ':rests'
local CALLS, KNOWN = BASE .. ':call:', BASE .. ':known'
local LAST, LIVE, RECENT = BASE .. ':last:', BASE .. ':live:', BASE .. ':recent:'
local INBOX, FENCE, LEASE = BASE .. ':inbox:', BASE .. ':fence:', BASE .. ':lease:'
local KEEPS, OUTBOX = BASE .. ':kept:', BASE .. ':outbox:'
