//! Every key that the daemon writes to Redis, on one page.
//!
//! `P` is the prefix of the settings, by default `hotlined`; an ACL user needs `~P:*`. The text between braces is the
//! hash tag: on a Redis Cluster it decides on which node a key is. Everything that one claim touches must change at
//! once, and so is on one node, under one tag: lines, queues, calls, live calls of hotlines, leases. Verification
//! codes are many, need nothing of each other, and are spread over all nodes.
//!
//! Times are milliseconds since 1970 by the clock of the daemon that is ahead of the others, see `clock_offset.rs` of
//! the instance. Lists and tables within a value are MessagePack. A *rank* is 39 digits, see `queue.lua`. Every key
//! expires; *kept* is [`KEPT`], 31 days after the last write.
//!
//! | Key `P:{calls}` and then | Type | What is in it | Expires | Written by |
//! |---|---|---|---|---|
//! | nothing | hash | `order`: the last number given to things whose order of arrival matters; `held`: how many lines are held; `now`: the latest time that any daemon sent | kept, since anything was given back or due | requests for lines, `RunDue` |
//! | `:line:<line>` | hash | `held`, `resting`: how many calls hold the line, how many of its lines rest; `talked`: when the last talk ended; `pool:<pool>`: `came talks day owed` of the line in the pool, see `line.rs` of the ACD | kept, since the line was last taken, given back or first owed a share | `Claim`, `Release`, `Abandon`, the end of a rest |
//! | `:awaited:<line>` | hash | `<crew>:<place>`: how many lines the agent has by the claims of the crew, where the line is at that place among their candidates | kept, since a claim waited for the line or it came free | a `Claim` that waits |
//! | `:pool:<pool>` | hash | `turn`, `turn_at`: the line taken last in turn, and its place; `unserved`: since when claims wait and none was served; `pace`: how long until the next claim is served | kept | `Claim` |
//! | `:queue:<pool>` | sorted set | the ranks of all claims that wait in the pool, all with score 0 | kept | a `Claim` that waits |
//! | `:crew:<crew>` | string | the candidates, `[line, lines, share]` each, of the claims of one pool that accept the same candidates; the crew's name is the SHA-1 of pool, pick and candidates | kept | a `Claim` that waits |
//! | `:crew:<crew>:waiting` | sorted set | the ranks of those claims, all with score 0 | kept | the same |
//! | `:waiting` | hash | by rank: `[call, number, daemon, pool, pick, crew]` of the claim that waits | kept | the same |
//! | `:rests` | sorted set | `<16 digits>:<line>`, scored by when the rest ends | kept | a `Release` with a rest |
//! | `:call:<call>` | string | the `highest` number of its claims, its `standing` claims, the pools whose `turns` it moved, the hotlines that it is `counted` in, its `switch` | kept; but see below | `Claim`, `Admit`, and what follows from them |
//! | `:known` | sorted set | all calls that have such a key, scored by the time of their last operation | kept, since a new call came | the same |
//! | `:last:<pool>:<caller>` | string | until when it is good, and the line that the caller talked with | that time and [`CLOCKS_APART_MAX`] | `Remember` |
//! | `:live:<hotline>` | string | how many live calls the hotline has | kept, since a call was admitted | `Admit`, `Leave` |
//! | `:recent:<hotline>:<caller>` | list | until when the list is good, then the time of each call | its span and [`CLOCKS_APART_MAX`] | `Admit` |
//! | `:inbox:<daemon>` | stream | `call`, `number`, `line`: a claim of this daemon that waited has got the line; not more than about [`INBOX_LENGTH_MAX`] entries | [`INBOX_KEPT`] | any daemon that gives a line back |
//! | `:kept:<switch>` | hash | by call: the saved call, with the version of the hotline that it follows and the claims that wait; see `call_entry.rs` of the instance | kept, since a call came or the lease was renewed | `SaveCall`, `EndCall` |
//! | `:edition:<switch>` | hash | by `<hotline>/<version>`: a version of a hotline that calls follow, as JSON | the same | `SaveVersion`, `DropVersions` |
//! | `:outbox:<switch>` | hash | the deliveries that are not known to be done: by call its record, as JSON; by `<call> <kind> <recipient>` any other delivery | the same | `EndCall`, `AddDeliveries`, `RemoveDeliveries` |
//! | `:lease:<switch>` | hash | `owner`, `token`: the daemon that has the lease, and its token | the lease's span | leases |
//! | `:daemons` | hash | by daemon, as JSON: `at` which time it last announced itself, by the clock of Redis, how long it has been running, which switches it `serves` (can serve) and for which it `acts` (has the lease); a daemon that was silent for an hour is deleted | kept | `Announce` |
//! | `:fence:<switch>` | string | the highest token given out for the switch | kept | leases |
//!
//! | Key | Type | What is in it | Expires | Written by |
//! |---|---|---|---|---|
//! | `P:{code:<hotline>/<set>/<code>}` | hash | how many `times` the code was asked for, and when `first` | [`CODE_KEPT`] after the last query | `CountCode` |
//! | the same and `:told:<call>/<number>` | string | the reply to that query | [`CALL_KEPT`] | `CountCode` |
//!
//! # What a crash leaves behind
//!
//! A daemon that takes over from a dead one takes over its calls, or forgets them. A call that no daemon ever forgets
//! loses everything it has [`CALL_KEPT`] after its last operation: its lines, its places in queues, its places among
//! the live calls of hotlines. Its other keys go when they expire.
//!
//! A talk may last longer than that without an operation. So a call does not count as lost while it is saved and a
//! daemon has the lease of its switch. Each renewal of the lease makes everything that is kept of the switch expire
//! later: a daemon refreshes its calls by holding the lease. What belongs to a switch without a lease goes [`KEPT`]
//! later.
//!
//! # What differs from the embedded ACD
//!
//! - Lines, pools, remembered callers, recent callers and codes are not limited in number, but in time, and in room
//!   by the
//!   `maxmemory` of Redis. Redis must not evict keys: `maxmemory-policy noeviction`.
//! - A line is remembered for 31 days since it was last taken, not for a week since it was last asked for.
//! - The calls with claims and the calls with admissions have one limit together.
//! - More than [`RESTS_AT_ONCE_MAX`] rests that end at once end in several operations.
//!
//! [`KEPT`]: hotlined_instance::cluster::limits::KEPT
//! [`CALL_KEPT`]: hotlined_instance::cluster::limits::CALL_KEPT
//! [`INBOX_KEPT`]: hotlined_instance::cluster::limits::INBOX_KEPT
//! [`INBOX_LENGTH_MAX`]: hotlined_instance::cluster::limits::INBOX_LENGTH_MAX
//! [`RESTS_AT_ONCE_MAX`]: hotlined_instance::cluster::limits::RESTS_AT_ONCE_MAX

use hotlined_core::id::{CommandId, SwitchId};
use hotlined_core::time::Millis;
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::limits::CODE_KEPT;

/// How much longer than asked for Redis keeps a key whose value tells until when it is good: the clocks of daemons and
/// of Redis may differ by that much.
pub const CLOCKS_APART_MAX: Millis = Millis::seconds(60);
/// How long a key is kept at most, even if a request asks for more.
const EXPIRY_MAX: Millis = CODE_KEPT;

/// The names of keys under one prefix.
#[derive(Clone, Debug)]
pub struct Keys {
    prefix: String,
    calls: String,
}

impl Keys {
    /// The names under this prefix. The settings make sure that the prefix has no braces in it.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), calls: format!("{prefix}:{{calls}}") }
    }

    /// The key that all keys of calls begin with.
    pub fn calls(&self) -> &str {
        &self.calls
    }

    /// The stream of later replies to this daemon.
    pub fn inbox(&self, daemon: &DaemonId) -> String {
        format!("{}:inbox:{daemon}", self.calls)
    }

    pub(super) fn lease(&self, switch: &SwitchId) -> String {
        format!("{}:lease:{switch}", self.calls)
    }

    /// The hash in which each daemon announces itself.
    pub(super) fn daemons(&self) -> String {
        format!("{}:daemons", self.calls)
    }

    pub(super) fn fence(&self, switch: &SwitchId) -> String {
        format!("{}:fence:{switch}", self.calls)
    }

    /// The hashes with what is kept of the switch: the calls, the versions of hotlines that they follow, the
    /// deliveries.
    pub(super) fn kept(&self, switch: &SwitchId) -> [String; 3] {
        ["kept", "edition", "outbox"].map(|what| format!("{}:{what}:{switch}", self.calls))
    }

    /// The keys of a query for a verification code: the counts, and the reply to this query.
    pub(super) fn code(&self, code: [&str; 3], id: &CommandId) -> (String, String) {
        let [hotline, codes, code] = code.map(plain);
        let counts = format!("{}:{{code:{hotline}/{codes}/{code}}}", self.prefix);
        let told = format!("{counts}:told:{id}");
        (counts, told)
    }
}

/// A part of a key, with the characters escaped that could be mistaken for the end of the part or of the hash tag.
pub(super) fn plain(part: &str) -> String {
    let mut plain = String::with_capacity(part.len());
    for c in part.chars() {
        match c {
            '%' | '{' | '}' | '/' | ':' => plain.push_str(&format!("%{:02X}", u32::from(c))),
            c => plain.push(c),
        }
    }
    plain
}

/// How long Redis is to keep a value that is good for this long.
pub(super) fn expiry(good: Millis) -> u64 {
    Millis(good.0.saturating_add(CLOCKS_APART_MAX.0)).min(EXPIRY_MAX).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_be_mistaken_for_another() {
        let keys = Keys::new("p");
        let id = "call/7".parse().unwrap();
        let code = |hotline, codes, code| keys.code([hotline, codes, code], &id);
        let (counts, told) = code("400", "a}b", "1/2");
        assert_eq!(counts, "p:{code:400/a%7Db/1%2F2}");
        assert_eq!(told, "p:{code:400/a%7Db/1%2F2}:told:call/7");
        assert_ne!(code("400", "a/b", "1").0, code("400", "a", "b/1").0);
        assert_ne!(plain("a:b"), plain("a%3Ab"));
    }

    #[test]
    fn what_is_kept_for_ever_is_kept_as_long_as_anything() {
        assert_eq!(expiry(Millis(500)), 60_500);
        assert_eq!(expiry(Millis(u64::MAX)), CODE_KEPT.0);
    }
}
