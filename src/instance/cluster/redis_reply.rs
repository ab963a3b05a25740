//! What Redis answers to a request.

use super::loaded_calls::AdoptedCall;
use hotlined_core::event::Event;
use hotlined_core::time::Instant;

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct OpReply {
    /// What was said.
    pub result: OpResult,
    /// When something is due next, as far as this request can tell.
    pub next_due: Option<Instant>,
    /// How much calls had not given back that were forgotten by this.
    pub left_behind: u64,
}

/// What a request was told.
#[derive(Clone, Debug, PartialEq)]
pub enum OpResult {
    /// It was done, and there is nothing to say.
    Done,
    /// The answer.
    AcdReply(Event),
    /// The figures that were asked for.
    Usage(Usage),
    /// What time it is for all daemons.
    SharedTime(Instant),
    /// What the calls have that were adopted.
    Adopted(Vec<AdoptedCall>),
}

/// How much is in use, by all daemons together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many lines are held.
    pub lines_held: u64,
    /// How many claims wait.
    pub claims_waiting: u64,
}
