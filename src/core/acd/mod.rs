//! What calls share: the agents' lines and the queues for them, whose turn it is, how many calls a hotline has,
//! how often a caller called and a code was asked for.
//!
//! A request is named by its call and a number that rises within the call; what a claim holds is held by
//! (call, number). A request repeated under its name is answered again and done once.
//!
//! | Request | Answer | What is remembered, and for how long |
//! |---|---|---|
//! | `Claim` | `Claimed`, `Refused`, or `Waiting` and later, unasked, `Claimed` | the line is held until `Release` or `Abandon`, the place in the queue until `Claimed` or `Abandon` |
//! | `Release` of what is held | none | the line's rest; the talk and its end, a week |
//! | `Abandon` of what waits or is held | none | nothing |
//! | `Place` of what waits | `Waiting`; of anything else none | nothing |
//! | `Remember` | none | the caller's line in the pool, for `keep`; not at all for none |
//! | `Admit` | `Admitted` | with room: that the call is live, until `Leave`; the caller's call, for the span |
//! | `Leave` | none | nothing |
//! | `CountCode` | `CodeSeen`, as it was before | the count and the first time, as long as the store lives |
//!
//! # Claims
//!
//! - A line is free while fewer are held or at rest than the claim itself says there are. A rest (话后整理) keeps
//!   one line from everybody, in all pools, until it is over; the other lines of the same trunk go on.
//! - A line that comes free goes at once to the first of all claims that have it among their candidates, in
//!   whichever pool: highest priority first, then the longest waiting (`since`), then who asked first. So a line
//!   is never free while somebody waits who could have it, and a claim that does not wait finds free only what
//!   nobody who waits can use: nobody is overtaken. Who waits gets what comes first, whatever the `pick`.
//! - A claim that is over, because it was refused, released or abandoned, stays so: asked again it is `Refused`.
//! - An answer may cross a request: a line given in the moment of an `Abandon` was given and is free again.
//!
//! How a line is picked among the free ones; where several are equal the first in the list is:
//!
//! - The line the caller is remembered with comes before all others, and no turn is moved by it.
//! - `First`: the list's order.
//! - `NextInTurn`: the first behind the line that was taken last, round the list. A call moves the turn of a
//!   pool once: by the first line it gets there that was not a remembered one. What it takes hunting on moves
//!   nothing. If the line taken last is not in the list any more, the one now in its place has the turn.
//! - `FewestCalls`: the fewest talks as calls of this pool, each halved every day at 20:00 UTC (four in the
//!   morning in China); a line that is held just now counts as a talk.
//! - `LongestIdle`: the fewest held just now, then the earliest end of the last talk in whichever pool; who
//!   never talked is first.
//! - `ByShare`: every claim that is served is owed to all its candidates by their shares, also to those who are
//!   not free; who is owed most gets it, and then has had it whole. What counts is being called, not answering.
//!   Nobody is owed, or ahead by, more than ten rounds.
//!
//! The estimate of a [`QueuePosition`](crate::event::QueuePosition) is the place (from 1) times the pace of the pool's
//! queue: the mean of the intervals between its claims that were served after waiting, each new one weighing an
//! eighth; the time when nobody waited does not count. There is none before the first was served.
//!
//! # Limits
//!
//! Every table has one, named where the table is: candidates and claims of a call, waiting claims, lines, pools
//! and calls known, callers remembered, recent calls, codes counted. What is beyond is refused, or the oldest is
//! forgotten. What a call left behind goes with [`Store::forget`].
//!
//! Absent: a clock, and any other store's connection. A store is plain data, and what it is follows from what went
//! into it, in that order: a daemon that writes every [`Input`] down can be followed by another.

mod admissions;
mod claims;
mod codes;
mod expiring;
mod line;
mod pick;
mod queue;
mod slots;

use crate::command::{AcdRequest, PoolId};
use crate::event::{AcdReply, Event};
use crate::id::{CallId, CommandId, LineId};
use crate::time::{self, Instant, Millis};
use admissions::Admissions;
use claims::Claims;
use codes::CodesSeen;
use serde::{Deserialize, Serialize};

/// The most calls that anything is known of at a time; a further one is refused, and has no room.
pub const CALLS_KNOWN_MAX: usize = 200_000;

/// The figures by which any store of the same behaviour goes.
pub mod figures {
    pub use super::CALLS_KNOWN_MAX;
    pub use super::admissions::{HOTLINES_PER_CALL_MAX, RECENT_CALLS_MAX};
    pub use super::claims::{CANDIDATES_MAX, CLAIMS_PER_CALL_MAX, TURNS_PER_CALL_MAX};
    pub use super::line::{POOLS_PER_LINE_MAX, TALK};
    pub use super::pick::ROUNDS_OWED_MAX;
    pub use super::queue::{PACE_MEMORY, WAITING_PER_POOL_MAX};
}

/// The store, within the process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acd {
    now: Instant,
    claims: Claims,
    admissions: Admissions,
    codes: CodesSeen,
    left_behind: u64,
}

/// Something that went into a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcdInput {
    /// See [`Store::ask`].
    #[serde(rename = "ask")]
    Request(CommandId, AcdRequest),
    /// See [`Store::due`].
    Due,
    /// See [`Store::forget`].
    Forget(CallId),
}

impl Acd {
    /// From now on time is told by a clock that says `now`: where another clock was ahead of it, what is in the
    /// store is that much earlier.
    pub fn goes_by(&mut self, now: Instant) {
        let ahead = self.now.since(now);
        if ahead == Millis(0) {
            return;
        }
        let set_back = |bytes: Vec<u8>| time::with_clock_lead(ahead, || rmp_serde::from_slice(&bytes));
        // Only a type without a form could fail here, and whoever keeps a store writes it so, too.
        if let Some(store) = rmp_serde::to_vec_named(self).ok().and_then(|bytes| set_back(bytes).ok()) {
            *self = store;
        }
    }

    /// Takes an input in again, as it went in at that time.
    pub fn take(&mut self, now: Instant, input: &AcdInput, out: &mut Vec<Event>) {
        match input {
            AcdInput::Request(id, request) => self.ask(now, id, request, out),
            AcdInput::Due => self.due(now, out),
            AcdInput::Forget(call) => self.forget(now, call, out),
        }
    }

    /// Carries out a request; its answer, and what others get by it, is appended to `out`.
    ///
    /// `now` never goes back: an earlier instant than the last one is taken for the last one.
    pub fn ask(&mut self, now: Instant, id: &CommandId, request: &AcdRequest, out: &mut Vec<Event>) {
        let now = self.at(now);
        // Who gives up is out before anything is given out: the fewer answers cross.
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

    /// The claim of this name has this line, as is known from elsewhere.
    pub fn hold(&mut self, now: Instant, id: &CommandId, pool: &PoolId, line: &LineId) {
        let now = self.at(now);
        self.claims.hold(now, id, pool, line);
    }

    /// When [`due`](Self::due) is wanted next: when the next rest is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.claims.deadline()
    }

    /// Does what is due by itself: gives on the lines whose rest is over.
    pub fn due(&mut self, now: Instant, out: &mut Vec<Event>) {
        let now = self.at(now);
        self.claims.due(now, out);
    }

    /// The call is over: nothing is held by it, waits for it or counts it in any more, and what it asked before
    /// is forgotten. What it left behind is counted.
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

    /// How many things calls had not given back when they were over: lines, places in queues, places among the
    /// live calls of a hotline. Each is a mistake of the call, made good here.
    pub fn left_behind(&self) -> u64 {
        self.left_behind
    }

    fn at(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }
}
