//! A whole world on a clock of its own: the simulated exchange with its people, the network between, disks, and
//! everything that can go wrong with any of them; without a socket and without a runtime, so that a seed lives through
//! the same again. In some worlds two daemons share the switch and a Redis, which goes away and comes back with what it
//! had, without the last of it, or empty.
//!
//! A daemon here is the [`Instance`](hotlined_instance::Instance) that ships. The world is its driver: it tells the
//! instance what happened and does what the instance says. Absent, and must stay so: any part of the daemon's own logic.
//!
//! What is promised, and where the promise has a bound:
//! - a caller hears something within [`SOUND_WITHIN`](invariants::SOUND_WITHIN) of dialling and is never without sound
//!   for longer, whatever happens to link and daemon. Hotlines that ask for keys and messages listen in silence, and
//!   nobody asks while no daemon is there or nothing comes through the line; whom a daemon was asking that left
//!   nothing to the next, the fallback serves after the span of its timer and
//!   [`FALLBACK_WAY`](invariants::FALLBACK_WAY);
//! - an agent's leg outlives its caller by no more than [`OUTLIVES_MAX`](invariants::OUTLIVES_MAX), counted from when
//!   the engine knew the switch again, where it did not when the caller left, or from when a stalled line or a
//!   daemon that stood still went on;
//! - while no daemon is linked and awake, a caller who is not in talk is with the fallback after the span of its timer
//!   and [`FALLBACK_WAY`](invariants::FALLBACK_WAY); unless the daemon was lost while it joined the caller with an agent
//!   who was just leaving: then the caller hears the ring tone until a daemon is linked again;
//! - a talk ends only when one of the two leaves, or the switch dies; or when a daemon hands over that has not heard
//!   yet of a talk that is no older than [`UNHEARD_MAX`](invariants::UNHEARD_MAX): that caller goes to the fallback; or
//!   when a daemon was killed that could not keep what it did with the call;
//! - no telephone is rung beyond its lines. A daemon that starts anew knows nothing of lines that another took,
//!   unless that one was killed and all it kept is still there: after any other end this is not looked at until
//!   everybody has left who was there then;
//! - whoever looks after callers gives a line back within [`IDLE_LINE_MAX`](invariants::IDLE_LINE_MAX) of the moment its
//!   telephone is called no more, once nothing goes wrong;
//! - nothing is done before it is kept, unless the disk is full, Redis is away or the daemon stood still, or was so
//!   [`UNKEPT_AFTER`](driver::UNKEPT_AFTER) ago;
//! - a call that a daemon took has one record, if it ended while that daemon lived or what that one kept came to the
//!   next; and no call has two, unless a daemon handed it over to a switch that did not hear it, and the next one
//!   took it again, or a daemon ended that could not keep what it did with the call;
//! - where two daemons share the switch, one acts: once one has written to it, no other that had the right before
//!   writes any more, whatever was paused and whatever Redis lost. One that is cut off from Redis alone hears so at the
//!   switch, and until then both write. Where nothing goes wrong any more for
//!   [`TAKEN_OVER_WITHIN`](invariants::TAKEN_OVER_WITHIN), one acts;
//! - a daemon that is killed while Redis has heard it all leaves nothing unknown: each call it took is in Redis, or its
//!   record is. Its lines are not rung twice either, unless Redis was away: then each goes by a store of its own. A
//!   record that it wrote, or handed to whoever writes it, and could not tell of any more is written once more by the
//!   next, and counted here;
//! - nothing the switch says is out of step, and in the end nothing is left anywhere.

mod connection;
mod counts;
mod daemon;
mod daemon_ends;
mod daemon_socket;
mod disk;
mod driver;
mod faults;
mod generate;
mod host;
mod host_steps;
mod invariants;
mod load;
mod probe;
pub mod redis;
mod redis_connections;
mod switch;
mod transcript;
mod world;
mod world_setup;

pub use counts::{Counter, Counts};
pub use transcript::TranscriptLine;
pub use world::{run, run_with_transcript};
pub use world_setup::{
    Fault, FaultTime, HOTLINE, WorldSetup, agent, hotline, hotline_defaults, phone_number,
};

/// What became of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummary {
    /// A fingerprint of everything the daemons did.
    pub fingerprint: u64,
    /// How many events the first daemon's engine took.
    pub turns: usize,
    /// What came about.
    pub counts: Counts,
}

/// A promise that was broken.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Violation {
    /// Which, and by what.
    pub reason: String,
    /// What went before.
    pub transcript: Vec<TranscriptLine>,
}
