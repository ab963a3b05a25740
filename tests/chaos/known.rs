//! Faults that are known and not mended yet. What they bring about is counted apart, by name, and breaks no promise;
//! `COUNTED_APART = false` lets it. When one is mended, take its part out here and wherever this is asked.
//!
//! - **Lines left in Redis.** A daemon that is killed or told to stop while Redis is away takes with it what it had
//!   still to tell ([`hotlined::live::sharing`]): that calls are over. Their lines are held for 24 hours, until
//!   Redis forgets the calls. Nobody forgets them sooner, since the daemon that follows knows nothing of them.
//! - **A caller of a talk that was left is taken anew.** A daemon that stops writes the record of a talk that goes on
//!   and leaves it alone. Where a survey was to follow, the switch parks the caller after it, and the next daemon
//!   takes the parked caller for one who has just arrived: a second record.
//! - **Of what Redis missed, the next daemon goes on with what was so before.** While Redis is away calls are kept
//!   nowhere. A daemon that takes a switch over after that finds calls in Redis as they were: it writes a second
//!   record of those that ended meanwhile, none of those that began meanwhile, and to a caller who talks by now it
//!   plays the music of the queue and hangs the agent up for not answering.

/// Whether they are let be.
pub const COUNTED_APART: bool = true;
