//! Attempts to reach an agent: from the claim of a line until the agent's leg is surely gone.
//!
//! Attempts are kept in the state of the call, whatever stage the call is in, so that no leg is forgotten when a stage
//! ends.

use crate::event::Cause;
use crate::hotline::Agent;
use crate::id::LegId;
use crate::id::LineId;
use crate::record::{AttemptOutcome, AttemptRecord};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The position of an attempt among the attempts of its call.
pub(super) type AttemptIx = usize;

/// How far an attempt got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AttemptPhase {
    /// The call holds a line of the agent.
    Claimed,
    /// The command to call the agent is on its way to the switch.
    Calling,
    /// The switch made the leg.
    Created,
    /// The agent's telephone rings.
    Ringing,
    /// The agent answered.
    Answered,
    /// The agent's leg is parked and obeys commands.
    Ready,
    /// No leg is left.
    #[serde(rename = "over")]
    Ended,
}

/// One attempt to reach an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) agent: Arc<str>,
    /// The agent's position in the hotline's list.
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
    /// Set when the leg shall be hung up: the cause for the agent's leg.
    pub(super) ending: Option<Cause>,
    /// Whether the agent hung up; otherwise the switch or the daemon ended the leg.
    #[serde(rename = "left")]
    pub(super) agent_hung_up: bool,
    /// The newest command to hang up the leg.
    pub(super) hang_up: Option<u32>,
    /// How long the line rests after a talk.
    pub(super) wrap_up: Millis,
    /// How long the line rests after an attempt without a talk.
    pub(super) retry: Millis,
}

impl Attempt {
    /// An attempt whose line the claim of this number got.
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

    /// The attempt of an agent whose lines are all in use: over before it began.
    pub(super) fn without_a_line(agent: &Agent, agent_ix: u16, now: Instant) -> Self {
        let outcome = Some(AttemptOutcome::LinesTaken);
        let attempt = Self::new(agent, agent_ix, 0, now);
        Self { has_line: false, phase: AttemptPhase::Ended, ended: Some(now), outcome, ..attempt }
    }

    /// Whether the attempt may still have a leg.
    pub(super) fn is_alive(&self) -> bool {
        self.phase != AttemptPhase::Ended
    }

    /// Advances to a later phase, and returns whether it did. A late report of an earlier phase changes nothing.
    pub(super) fn advance_to(&mut self, phase: AttemptPhase) -> bool {
        let is_later = phase > self.phase;
        if is_later {
            self.phase = phase;
        }
        is_later
    }

    /// Sets how the attempt ended. The first outcome holds.
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

/// The outcome of an attempt that nobody answered, from the cause of its leg.
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
