//! What Redis answers to a request.

use super::kept_call::Adopted;
use hotlined_core::event::Event;
use hotlined_core::time::Instant;

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// What was said.
    pub said: Said,
    /// When something is due next, as far as this request can tell.
    pub due: Option<Instant>,
    /// How much calls had not given back that were forgotten by this.
    pub left_behind: u64,
}

/// What a request was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// It was done, and there is nothing to say.
    Done,
    /// The answer.
    Heard(Event),
    /// The figures that were asked for.
    Figures(Figures),
    /// What time it is for all daemons.
    Time(Instant),
    /// What the calls have that were adopted.
    Adopted(Vec<Adopted>),
}

/// How much is in use, by all daemons together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many lines are held.
    pub held: u64,
    /// How many claims wait.
    pub waiting: u64,
}
