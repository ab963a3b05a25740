//! Attempts to reach an agent: from the wish to call until the agent's leg is surely gone.
//!
//! The books are kept here whatever stage the call is in, so that no leg is forgotten when a stage ends.

use crate::event::Cause;
use crate::hotline::Agent;
use crate::id::LegId;
use crate::id::LineId;
use crate::record::{AttemptOutcome, AttemptRecord};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An attempt's place among the attempts of its call.
pub(super) type AttemptIx = usize;

/// How far an attempt got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AttemptPhase {
    /// A line is ours.
    Claimed,
    /// The switch was told to call.
    Calling,
    /// The switch made the leg.
    Created,
    /// It rings.
    Ringing,
    /// The agent took the call.
    Answered,
    /// The agent's leg does what it is told.
    Ready,
    /// Nothing of it is left.
    #[serde(rename = "over")]
    Ended,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) agent: Arc<str>,
    /// The agent's place in the hotline's list.
    #[serde(rename = "at")]
    pub(super) agent_ix: u16,
    pub(super) line: LineId,
    pub(super) claim: u32,
    pub(super) has_line: bool,
    pub(super) ring: Option<u32>,
    pub(super) leg: Option<LegId>,
    pub(super) phase: AttemptPhase,
    pub(super) started: Instant,
    pub(super) ringing: Option<Instant>,
    pub(super) answered: Option<Instant>,
    pub(super) ended: Option<Instant>,
    pub(super) outcome: Option<AttemptOutcome>,
    /// Set once we want the leg gone: with what its other end is told.
    pub(super) ending: Option<Cause>,
    /// Whether the agent left, and not the switch or we.
    #[serde(rename = "left")]
    pub(super) agent_hung_up: bool,
    /// The newest command to end it.
    pub(super) hang_up: Option<u32>,
    /// How long the line rests after a talk.
    pub(super) wrap_up: Millis,
    /// How long the line rests after none.
    pub(super) retry: Millis,
}

impl Attempt {
    /// One whose line the claim of this number took.
    pub(super) fn new(agent: &Agent, agent_ix: u16, claim: u32, now: Instant) -> Self {
        Self {
            agent: agent.id.clone(),
            agent_ix,
            line: agent.line.clone(),
            claim,
            has_line: true,
            ring: None,
            leg: None,
            phase: AttemptPhase::Claimed,
            started: now,
            ringing: None,
            answered: None,
            ended: None,
            outcome: None,
            ending: None,
            agent_hung_up: false,
            hang_up: None,
            wrap_up: Millis(0),
            retry: Millis(0),
        }
    }

    /// One that never was: all lines of the agent are taken.
    pub(super) fn without_a_line(agent: &Agent, agent_ix: u16, now: Instant) -> Self {
        let outcome = Some(AttemptOutcome::LinesTaken);
        let attempt = Self::new(agent, agent_ix, 0, now);
        Self { has_line: false, phase: AttemptPhase::Ended, ended: Some(now), outcome, ..attempt }
    }

    /// Whether something of it may still be alive.
    pub(super) fn is_alive(&self) -> bool {
        self.phase != AttemptPhase::Ended
    }

    /// Goes on to a later phase; a late report of an earlier one changes nothing.
    pub(super) fn advance_to(&mut self, phase: AttemptPhase) -> bool {
        let further = phase > self.phase;
        if further {
            self.phase = phase;
        }
        further
    }

    /// Sets how it ended; what was known first holds.
    pub(super) fn conclude(&mut self, outcome: AttemptOutcome, now: Instant) {
        self.outcome.get_or_insert(outcome);
        self.ended.get_or_insert(now);
    }

    pub(super) fn to_record(&self, now: Instant) -> AttemptRecord {
        AttemptRecord {
            agent: self.agent.clone(),
            leg: self.leg.clone(),
            started: self.started,
            ringing: self.ringing,
            answered: self.answered,
            ended: self.ended.unwrap_or(now),
            outcome: self.outcome.unwrap_or(AttemptOutcome::Failed),
        }
    }
}

/// What a leg's cause says about an attempt that nobody took.
pub(super) fn outcome_of(cause: Cause) -> AttemptOutcome {
    match cause {
        Cause::Busy => AttemptOutcome::Busy,
        Cause::NoAnswer => AttemptOutcome::NoAnswer,
        Cause::Rejected => AttemptOutcome::Refused,
        Cause::UnknownNumber | Cause::Unreachable => AttemptOutcome::Unreachable,
        Cause::Cancelled | Cause::LostRace => AttemptOutcome::CallerLeft,
        Cause::Normal | Cause::Congestion | Cause::Other => AttemptOutcome::Failed,
    }
}
