//! Faults that are known and not mended yet. What they bring about is counted apart, by name, and breaks no promise,
//! unless that is asked for. When one is mended, take its part out here and wherever this is asked.
//!
//! - **A caller of a talk that was left is taken anew.** A daemon that stops writes the record of a talk that goes on
//!   and leaves it alone. Where a survey was to follow, the switch parks the caller after it, and the next daemon
//!   takes the parked caller for one who has just arrived: a second record.
//! - **Of what Redis missed, the next daemon goes on with what was so before.** While Redis is away calls are kept
//!   nowhere. A daemon that takes a switch over after that finds calls in Redis as they were: it writes a second
//!   record of those that ended meanwhile, none of those that began meanwhile, and to a caller who talks by now it
//!   plays the music of the queue and hangs the agent up for not answering.

/// Whether they are let be: `HOTLINED_CHAOS_STRICT=1` says that they are not.
pub fn counted_apart() -> bool {
    std::env::var_os("HOTLINED_CHAOS_STRICT").is_none()
}
