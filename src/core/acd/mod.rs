//! The ACD (automatic call distribution): what calls share. The agents' lines and the queues for them, the turns, the
//! number of live calls of each hotline, the recent calls of each caller, and the queries of each code.
//!
//! The name of a request is its call and a number that rises within the call; a claim holds a line under this name. A
//! request that is repeated under its name gets its reply again, and is carried out once.
//!
//! | Request | Reply | What the ACD remembers, and for how long |
//! |---|---|---|
//! | `Claim` | `Claimed`, `Refused`, or `Waiting` and later `Claimed` without another request | the line is held until `Release` or `Abandon`, the place in the queue until `Claimed` or `Abandon` |
//! | `Release` of what is held | none | the line's rest; the talk and its end, a week |
//! | `Abandon` of what waits or is held | none | nothing |
//! | `SlotIx` of what waits | `Waiting`; of anything else none | nothing |
//! | `Remember` | none | the caller's line in the pool, for `keep`; not at all for none |
//! | `Admit` | `Admitted` | with room: the live call, until `Leave`; the call of the caller, for the span |
//! | `Leave` | none | nothing |
//! | `CountCode` | `CodeSeen` with the counts before this query | the count and the first time, as long as the ACD lives |
//!
//! # Claims
//!
//! - A line is free while fewer lines are held or at rest than the claim says the telephone has. A rest (话后整理)
//!   keeps one line out of all pools until the rest ends; the other lines of the same trunk stay available.
//! - A line that becomes free goes at once to the first claim, in any pool, that has the line among its candidates:
//!   highest priority first, then the longest waiting (`since`), then the earliest request. So a line is never free
//!   while a claim waits that could have it, and a new claim finds free only lines that no waiting claim can use: no
//!   claim is overtaken. A waiting claim gets the first line that becomes free, whatever its `pick`.
//! - A claim that was refused, released or abandoned has ended. If it is repeated, the reply is `Refused`.
//! - A reply may cross a request: a line that was given at the moment of an `Abandon` is free again.
//!
//! How the ACD picks one of several free lines (of equal lines, the first in the list):
//!
//! - The line that the caller talked with before comes first, and does not move the turn.
//! - `First`: the order of the list.
//! - `NextInTurn`: the first free line behind the line that was taken last, round the list. A call moves the turn of a
//!   pool once: with the first line that it gets there and that is not a remembered one. The lines that it gets
//!   later move nothing. If the line that was taken last is not in the list any more, the line at its former index
//!   has the turn.
//! - `FewestCalls`: the line with the fewest talks of this pool. The counts are halved every day at 20:00 UTC (four in
//!   the morning in China); a line that is held now counts as a talk.
//! - `LongestIdle`: the fewest lines held now, then the earliest end of the last talk in any pool; an agent who never
//!   talked is first.
//! - `ByShare`: every claim that is served is owed to all its candidates by their shares, also to those that are not
//!   free. The line that is owed most gets the call, which then counts for it as a whole. A call counts when the agent
//!   is called, not when the agent answers. No line is more than ten rounds behind or ahead.
//!
//! The estimate of a [`QueuePosition`](crate::event::QueuePosition) is the position (from 1) times the pace of the
//! queue. The pace is the mean of the intervals between claims that were served after waiting; each new interval weighs
//! an eighth, and time with an empty queue does not count. There is no estimate before the first claim was served.
//!
//! # Limits
//!
//! Every table has a limit, defined beside the table: candidates and claims of a call, waiting claims, known lines,
//! pools and calls, remembered callers, recent calls, counted codes. Beyond a limit, the request is refused or the
//! oldest entry is forgotten. [`Acd::forget`] removes what a call left behind.
//!
//! Absent, and to stay so: a clock, and a connection to any other store. An ACD is plain data that follows from its
//! inputs and their order: if a daemon saves every [`AcdInput`], another daemon can continue its work.

mod admissions;
mod claims;
mod code_counts;
mod expiring_map;
mod line;
mod line_choice;
mod queue;
mod slot_table;

use crate::command::{AcdRequest, PoolId};
use crate::event::{AcdReply, Event};
use crate::id::{CallId, CommandId, LineId};
use crate::time::{self, Instant, Millis};
use admissions::Admissions;
use claims::Claims;
use code_counts::CodeCounts;
use serde::{Deserialize, Serialize};

/// The most calls that are known at a time. A further call is refused.
pub const CALLS_KNOWN_MAX: usize = 200_000;

/// The limits that another implementation of the ACD must share, such as the one in Redis.
pub mod limits {
    pub use super::CALLS_KNOWN_MAX;
    pub use super::admissions::{HOTLINES_PER_CALL_MAX, RECENT_CALLS_MAX};
    pub use super::claims::{CANDIDATES_MAX, CLAIMS_PER_CALL_MAX, TURNS_PER_CALL_MAX};
    pub use super::line::{POOLS_PER_LINE_MAX, TALK};
    pub use super::line_choice::ROUNDS_OWED_MAX;
    pub use super::queue::{PACE_MEMORY, WAITING_PER_POOL_MAX};
}

/// The ACD of one process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acd {
    now: Instant,
    claims: Claims,
    admissions: Admissions,
    codes: CodeCounts,
    left_behind: u64,
}

/// An input of an ACD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcdInput {
    /// See [`Acd::ask`].
    #[serde(rename = "ask")]
    Request(CommandId, AcdRequest),
    /// See [`Acd::due`].
    Due,
    /// See [`Acd::forget`].
    Forget(CallId),
}

impl Acd {
    /// Continues with another clock, which shows `now`. If the earlier clock was ahead, all times in the ACD move back
    /// by the difference.
    pub fn goes_by(&mut self, now: Instant) {
        let ahead = self.now.since(now);
        if ahead == Millis(0) {
            return;
        }
        let set_back = |bytes: Vec<u8>| time::with_clock_lead(ahead, || rmp_serde::from_slice(&bytes));
        // Only a type that cannot be serialized would fail here, and an ACD is saved in the same way.
        if let Some(store) = rmp_serde::to_vec_named(self).ok().and_then(|bytes| set_back(bytes).ok()) {
            *self = store;
        }
    }

    /// Applies a saved input again, at the time of the input.
    pub fn take(&mut self, now: Instant, input: &AcdInput, out: &mut Vec<Event>) {
        match input {
            AcdInput::Request(id, request) => self.ask(now, id, request, out),
            AcdInput::Due => self.due(now, out),
            AcdInput::Forget(call) => self.forget(now, call, out),
        }
    }

    /// Carries out a request. Appends its reply, and the replies that other calls get because of it, to `out`.
    ///
    /// Time never goes back: an instant before the last one counts as the last one.
    pub fn ask(&mut self, now: Instant, id: &CommandId, request: &AcdRequest, out: &mut Vec<Event>) {
        let now = self.at(now);
        // An `Abandon` comes before lines are given out, so that fewer replies cross.
        if !matches!(request, AcdRequest::Abandon { .. }) {
            self.claims.due(now, out);
        }
        let answer = match request {
            AcdRequest::Claim(claim) => Some(self.claims.claim(now, id, claim)),
            AcdRequest::Release { claim, talked, rest } => {
                self.claims.release(now, (&id.call, *claim), (*talked, *rest), out);
                None
            }
            AcdRequest::Abandon { claim } => {
                self.claims.abandon(now, &id.call, *claim, out);
                None
            }
            AcdRequest::Place { claim } => self.claims.place(&id.call, *claim).map(AcdReply::Waiting),
            AcdRequest::Remember { pool, caller, line, keep } => {
                self.claims.remember(now, (caller, pool), line, *keep);
                None
            }
            AcdRequest::Admit { hotline, calls_max, recent } => {
                Some(self.admissions.admit(now, &id.call, hotline, *calls_max, recent.as_ref()))
            }
            AcdRequest::Leave { hotline } => {
                self.admissions.leave(&id.call, hotline);
                None
            }
            AcdRequest::CountCode { hotline, codes, code } => {
                Some(self.codes.count(now, id, hotline, codes, code))
            }
        };
        out.extend(answer.map(|answer| Event::Acd { command: id.clone(), reply: answer }));
    }

    /// Records that this claim holds this line, as another source says, such as the switch.
    pub fn hold(&mut self, now: Instant, id: &CommandId, pool: &PoolId, line: &LineId) {
        let now = self.at(now);
        self.claims.hold(now, id, pool, line);
    }

    /// When [`due`](Self::due) must be called next: at the end of the next rest.
    pub fn deadline(&self) -> Option<Instant> {
        self.claims.deadline()
    }

    /// Gives the lines whose rest has ended to waiting claims.
    pub fn due(&mut self, now: Instant, out: &mut Vec<Event>) {
        let now = self.at(now);
        self.claims.due(now, out);
    }

    /// Forgets a call that has ended: releases its lines, ends its claims, and counts it out of its hotlines. Counts
    /// what the call had left behind.
    pub fn forget(&mut self, now: Instant, call: &CallId, out: &mut Vec<Event>) {
        let now = self.at(now);
        let left = self.claims.forget(now, call, out) + self.admissions.forget(call);
        self.codes.forget(call);
        self.left_behind += left as u64;
    }

    /// How many lines are held by calls.
    pub fn lines_in_use(&self) -> usize {
        self.claims.held()
    }

    /// How many claims wait.
    pub fn waiting(&self) -> usize {
        self.claims.waiting()
    }

    /// How many lines, queue positions and live-call counts were left behind by calls that ended. Each is a bug of the
    /// call that [`forget`](Self::forget) corrects.
    pub fn left_behind(&self) -> u64 {
        self.left_behind
    }

    fn at(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }
}
