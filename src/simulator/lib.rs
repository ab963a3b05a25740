//! Simulates whole days of the daemon by seed: a simulated switch with people, the network, disks, a Redis, and faults
//! of each of them.
//!
//! No socket and no runtime are involved and the clock is simulated, so a seed gives the same run on every machine. In
//! some runs two daemons share the switch and a Redis. That Redis goes down and comes back with all its data, without
//! the most recent data, or empty.
//!
//! A daemon here is the [`Instance`](hotlined_instance::Instance) that ships. The simulator is its driver: it gives the
//! instance its inputs and carries out its outputs. Absent, and must stay so: any part of the daemon's own logic.
//!
//! # Invariants
//!
//! Checked in every run. The bounds are constants of `invariants.rs` and `driver.rs`:
//! - A caller hears a sound within `SOUND_WITHIN` of dialling and is never without sound for
//!   longer, whatever happens to link and daemon. Exceptions: hotlines that ask for keys and messages listen in
//!   silence, and they ask nothing while no daemon is there or nothing passes the link. If a daemon asked a caller
//!   something and left no saved state to the next daemon, the fallback serves that caller after the span of its timer
//!   and `FALLBACK_WAY`.
//! - An agent's leg outlives its caller by no more than `OUTLIVES_MAX`. The time counts from
//!   when the engine knew the switch again, if it did not when the caller hung up, or from when a stalled link or a
//!   paused daemon went on.
//! - While no daemon is linked and awake, a caller who is not in a talk reaches the fallback after the span of its
//!   timer and `FALLBACK_WAY`. Exception: the daemon was lost while it bridged the caller with an agent who was just
//!   hanging up; then the caller hears the ring tone until a daemon is linked again.
//! - A talk ends only when one of the two hangs up or the switch crashes. Exceptions: a daemon hands over that has not
//!   yet received the event of a talk no older than `TALK_EVENT_DELAY_MAX` (that caller goes to the
//!   fallback), or a daemon was killed that could not save what it did with the call.
//! - No telephone is rung beyond its lines. A daemon that starts anew knows nothing of lines that another daemon
//!   claimed, unless that daemon was killed and all its saved state is still there. After any other end this is not
//!   checked until every leg of that moment is gone.
//! - The active daemon releases a line within `IDLE_LINE_MAX` of the last moment in which
//!   the line's telephone is called, once no fault is active.
//! - Nothing is done before it is saved, unless the disk is full, Redis is down or the daemon is paused, or was so less
//!   than `UNSAVED_AFTER_FAULT_MAX` ago.
//! - A call that a daemon took has one call record, if the call ended while that daemon lived or the daemon's saved
//!   state came to the next one. No call has two records, unless a daemon handed the call over to a switch that did not
//!   receive this and the next daemon took the call again, or a daemon ended that could not save what it did with the
//!   call.
//! - Where two daemons share the switch, one is active: once a daemon has written to the switch, no daemon with a lower
//!   token writes any more, whatever was paused and whatever Redis lost. A daemon that is cut off from Redis alone
//!   learns this from the switch, and until then both write. Once no fault is active for `TAKEN_OVER_WITHIN`, one
//!   daemon is active.
//! - A daemon that is killed while Redis has all its state leaves nothing unknown: each of its calls is in Redis, or
//!   the call's record is. Its lines are not rung twice either, unless Redis was down: then each daemon uses an ACD of
//!   its own. A record that the daemon wrote, or handed to its writer, without telling Redis is written again by the
//!   next daemon, and counted here.
//! - No event of the switch is out of order, and in the end no call, line, claim or saved state is left.

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
mod message_checks;
mod outcome;
mod probe;
pub mod redis;
mod redis_connections;
mod sms;
mod switch;
mod transcript;
mod world;
mod world_setup;

pub use counts::{Counter, Counts};
pub use outcome::{RunSummary, Violation};
pub use transcript::TranscriptLine;
pub use world::{run, run_with_transcript};
pub use world_setup::{
    Fault, FaultTime, HOTLINE, WorldSetup, agent, hotline, hotline_defaults, phone_number,
};
