//! Every key that we write to Redis, on one page.
//!
//! `P` is the prefix of the settings, `hotlined` where nothing else is said; an ACL user needs `~P:*`. What stands
//! between braces decides, on a Cluster, on which node a key lives. What one claim touches must be changed at once
//! and so lives on one node, under one tag: lines, queues, calls, live calls of hotlines, leases. Codes are many,
//! need nothing of each other, and are spread over all nodes.
//!
//! Times are milliseconds since 1970 by the clock of the daemon that is ahead of the others, see `timeline.rs`. Lists
//! and tables within a value are MessagePack. A *rank* is 39 digits, see `queue.lua`. Every key expires; *kept* is
//! [`KEPT`], 31 days since it was last written.
//!
//! | Key `P:{calls}` and then | Type | What is in it | Expires | Written by |
//! |---|---|---|---|---|
//! | nothing | hash | `order`: the last number given to what must be told apart by which came first; `held`: how many lines are held; `now`: the latest time that any daemon said | kept, since anything was given back or due | what is asked for lines, `Due` |
//! | `:line:<line>` | hash | `held`, `resting`: how many calls have one, how many are at rest; `talked`: when the last talk ended; `pool:<pool>`: `came talks day owed` of the line in the pool, as `line.rs` of the store says | kept, since it was last taken, given back or first owed | `Claim`, `Release`, `Abandon`, the end of a rest |
//! | `:awaited:<line>` | hash | `<crew>:<place>`: how many lines the crew's claims say it has, at that place of their candidates | kept, since it was waited for or came free | `Claim` that waits |
//! | `:pool:<pool>` | hash | `turn`, `turn_at`: the line taken last by turn, and its place; `unserved`: since when somebody waits and nobody was served; `pace`: how long until the next is served | kept | `Claim` |
//! | `:queue:<pool>` | sorted set | the ranks of all that wait in the pool, all of score 0 | kept | `Claim` that waits |
//! | `:crew:<crew>` | string | the candidates, `[line, lines, share]` each, of the claims of one pool that accept the same; its name is the SHA-1 of pool, pick and candidates | kept | `Claim` that waits |
//! | `:crew:<crew>:waiting` | sorted set | the ranks of those claims, all of score 0 | kept | the same |
//! | `:waiting` | hash | by rank: `[call, number, daemon, pool, pick, crew]` of the claim that waits | kept | the same |
//! | `:rests` | sorted set | `<16 digits>:<line>`, by when the rest is over | kept | `Release` with a rest |
//! | `:call:<call>` | string | `highest` number of its claims, `standing` claims, the pools whose `turns` it moved, the hotlines it is `counted` in, its `switch` | kept; but see below | `Claim`, `Admit`, what follows from them |
//! | `:known` | sorted set | all calls of which there is such a key, by when they were last heard of | kept, since a call came that was not there | the same |
//! | `:last:<pool>:<caller>` | string | until when, and the line the caller talked with | its time and [`CLOCKS_APART_MAX`] | `Remember` |
//! | `:live:<hotline>` | string | how many calls it has | kept, since one was admitted | `Admit`, `Leave` |
//! | `:recent:<hotline>:<caller>` | list | until when it counts, then when each call was | its span and [`CLOCKS_APART_MAX`] | `Admit` |
//! | `:inbox:<daemon>` | stream | `call`, `number`, `line`: a claim of this daemon that waited has the line; not more than about [`INBOX_LENGTH_MAX`] | [`INBOX_KEPT`] | whoever gives a line back |
//! | `:kept:<switch>` | hash | by call: what the call was saved as, with the version of the hotline it follows and the claims that wait; see `entry.rs` | kept, since a call came or the lease was renewed | `Keep`, `Over` |
//! | `:edition:<switch>` | hash | by `<hotline>/<version>`: a version of a hotline that calls follow, as JSON | the same | `HotlineVersion`, `Outdated` |
//! | `:outbox:<switch>` | hash | what is to be delivered, while it is not known to be done: by call its record, as JSON; by `<call> <kind> <recipient>` anything else | the same | `Over`, `Deliver`, `Done` |
//! | `:lease:<switch>` | hash | `owner`, `token`: who acts for the switch | the lease's span | leases |
//! | `:daemons` | hash | by daemon: `at` which time it was there last, by the clock of Redis, for how long it has been, which switches it `serves` and for which it `acts`, as JSON; whoever was not there for an hour is struck | kept | whoever looks around |
//! | `:fence:<switch>` | string | the highest token given out for the switch | kept | leases |
//!
//! | Key | Type | What is in it | Expires | Written by |
//! |---|---|---|---|---|
//! | `P:{code:<hotline>/<set>/<code>}` | hash | `times` it was asked for, and when `first` | [`CODE_KEPT`] since it was last asked for | `CountCode` |
//! | the same and `:told:<call>/<number>` | string | what that question was answered | [`CALL_KEPT`] | `CountCode` |
//!
//! # What a crash leaves behind
//!
//! A daemon that takes over from a dead one takes up its calls, or forgets them. A call that nobody ever forgets
//! loses all it has [`CALL_KEPT`] after it was last heard of: its lines, its places in queues, its places among
//! the live calls of hotlines. Everything else of it goes when it expires.
//!
//! A talk may last longer than that without a word. So a call does not count as lost that is kept while somebody
//! has the lease of its switch, and whoever renews the lease has everything expire later that is kept of the
//! switch: a daemon refreshes its calls by being there. What nobody acts for goes [`KEPT`] later.
//!
//! # What is not as in the embedded store
//!
//! - Not the number of lines, pools, remembered callers, recent callers and codes is limited but their time, and
//!   their room by the `maxmemory` of Redis. It must not evict: `maxmemory-policy noeviction`.
//! - A line is remembered 31 days since it was last taken, not a week since it was last asked for.
//! - The calls of which claims and of which admissions are known have one limit together.
//! - More than [`RESTS_AT_ONCE_MAX`] rests that end at once end in several requests.

use hotlined_core::id::{CommandId, SwitchId};
use hotlined_core::time::Millis;
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::limits::CODE_KEPT;

/// How much longer than asked for a key stands of which a value says until when it is good: so far, the clocks of
/// daemons and Redis may be apart.
pub const CLOCKS_APART_MAX: Millis = Millis::seconds(60);
/// The longest that anything is kept: a request may say more.
const EXPIRY_MAX: Millis = CODE_KEPT;

/// The names of keys under one prefix.
#[derive(Clone, Debug)]
pub struct Keys {
    prefix: String,
    calls: String,
}

impl Keys {
    /// The prefix has no braces in it: the settings see to that.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), calls: format!("{prefix}:{{calls}}") }
    }

    /// The key that all keys of calls begin with.
    pub fn calls(&self) -> &str {
        &self.calls
    }

    /// Where later answers to this daemon come in.
    pub fn inbox(&self, daemon: &DaemonId) -> String {
        format!("{}:inbox:{daemon}", self.calls)
    }

    pub(super) fn lease(&self, switch: &SwitchId) -> String {
        format!("{}:lease:{switch}", self.calls)
    }

    /// Where each daemon shows itself.
    pub(super) fn daemons(&self) -> String {
        format!("{}:daemons", self.calls)
    }

    pub(super) fn fence(&self, switch: &SwitchId) -> String {
        format!("{}:fence:{switch}", self.calls)
    }

    /// What is kept of the switch's calls: the calls, the versions of hotlines they follow, the records.
    pub(super) fn kept(&self, switch: &SwitchId) -> [String; 3] {
        ["kept", "edition", "outbox"].map(|what| format!("{}:{what}:{switch}", self.calls))
    }

    /// The keys of a question for a code: the counts, and what this question is answered.
    pub(super) fn code(&self, code: [&str; 3], id: &CommandId) -> (String, String) {
        let [hotline, codes, code] = code.map(plain);
        let counts = format!("{}:{{code:{hotline}/{codes}/{code}}}", self.prefix);
        let told = format!("{counts}:told:{id}");
        (counts, told)
    }
}

/// A part of a name that could be mistaken for the end of the part, or of the tag, is written otherwise.
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

/// How long Redis shall keep what is good for so long.
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
