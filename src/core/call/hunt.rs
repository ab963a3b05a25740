//! The caller hears the ringback while agents are rung, one after the other or all at once. The first agent who takes
//! the call is connected; when all agents were tried or the caller has waited long enough, the flow goes on.

use super::context::Context;
use super::ringing::{RingOutcome, RingingAgents};
use super::timer::Timer;
use super::transition::{AcdEvent, AgentEvent, Exit, Next, StageEvent, Transition};
use super::{candidates, ringback};
use crate::event::Cause;
use crate::hotline::group::Strategy;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long the ACD may take to reply to a claim.
const CLAIM_TIME_MAX: Millis = Millis::seconds(2);

/// The stage while agents are rung.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Hunt {
    #[serde(rename = "bells")]
    ringing: RingingAgents,
    /// The claims for one agent each, where all agents are rung at once: the number of the claim, and the agent.
    #[serde(rename = "asked")]
    named_claims: Vec<(u32, u16)>,
}

impl Hunt {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(reach) = cx.reach() else { return Next::Go(Transition::exit("unreachable")) };
        if !candidates::begin_search(reach, cx) {
            return Next::Go(Transition::exit("off_duty"));
        }
        // A caller who overflowed from another group goes on hearing the same melody.
        cx.play_continuously(ringback::choose(&reach.ringback, cx));
        Self::resume(cx)
    }

    /// Starts, or tries the other agents after an agent who took the call could not be connected.
    pub(super) fn resume(cx: &mut Context) -> Next<Self> {
        let Some(reach) = cx.reach() else { return Next::Go(Transition::exit("unreachable")) };
        if cx.state.sound.is_none() {
            cx.play(ringback::choose(&reach.ringback, cx), true);
        }
        cx.set_timer(Timer::Wait, cx.state.search.until.since(cx.now));
        Self::default().try_next(cx)
    }

    pub(super) fn on(mut self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Agent(attempt_ix, AgentEvent::Claimed) => {
                cx.clear_timer(Timer::Acd);
                self.ringing.ring(attempt_ix, cx);
                self.try_next_if_idle(cx)
            }
            StageEvent::Agent(attempt_ix, news) => {
                let outcome = self.ringing.on_agent(attempt_ix, news, cx);
                self.after_ringing(outcome, cx)
            }
            StageEvent::Acd(claim, AcdEvent::Refused) => {
                self.on_refused(claim, cx);
                self.try_next_if_idle(cx)
            }
            StageEvent::Due(Timer::Acd) => {
                cx.abandon_claims();
                self.try_next_if_idle(cx)
            }
            StageEvent::Due(Timer::Ring) => {
                self.ringing.on_due(cx);
                self.try_next_if_idle(cx)
            }
            StageEvent::Due(Timer::Wait) => {
                self.ringing.give_up_all(cx);
                cx.abandon_claims();
                Self::give_up("the caller has waited long enough", cx)
            }
            StageEvent::CommandDone(command, _) => {
                self.ringing.on_done(command, cx);
                Next::Stay(self)
            }
            StageEvent::LinkRestored => {
                cx.keep_fallback();
                cx.replay();
                self.ringing.on_link_restored(cx);
                Next::Stay(self)
            }
            StageEvent::Acd(..) | StageEvent::Caller(_) | StageEvent::SoundEnded | StageEvent::Due(_) => {
                Next::Stay(self)
            }
        }
    }

    fn after_ringing(mut self, outcome: RingOutcome, cx: &mut Context) -> Next<Self> {
        match outcome {
            RingOutcome::Pending => Next::Stay(self),
            RingOutcome::AgentGone => self.try_next_if_idle(cx),
            RingOutcome::Accepted(attempt_ix) => {
                self.ringing.end_others(attempt_ix, cx);
                Next::Go(Transition::Whisper { attempt_ix })
            }
            RingOutcome::Bridged(attempt_ix) => {
                self.ringing.end_others(attempt_ix, cx);
                cx.end_ringback();
                Next::Go(Transition::Talk { attempt_ix })
            }
        }
    }

    /// No agent of the claim has a free line.
    fn on_refused(&mut self, claim: u32, cx: &mut Context) {
        cx.clear_timer(Timer::Acd);
        let agent_ix =
            self.named_claims.iter().find(|(named, _)| *named == claim).map(|(_, agent_ix)| *agent_ix);
        let agents = match agent_ix {
            Some(agent_ix) => vec![agent_ix],
            None => std::mem::take(&mut cx.state.search.untried),
        };
        for agent_ix in agents {
            cx.record_no_line(agent_ix);
        }
    }

    fn try_next_if_idle(self, cx: &mut Context) -> Next<Self> {
        if self.ringing.is_empty() && cx.state.open_claims.is_empty() {
            self.try_next(cx)
        } else {
            Next::Stay(self)
        }
    }

    fn try_next(mut self, cx: &mut Context) -> Next<Self> {
        let Some(reach) = cx.reach() else { return Next::Go(Transition::exit("unreachable")) };
        if cx.state.search.untried.is_empty() || cx.state.attempts.len() >= candidates::ATTEMPTS_MAX {
            return Self::give_up("all agents were tried", cx);
        }
        cx.set_timer(Timer::Acd, CLAIM_TIME_MAX);
        if candidates::group(reach, cx).is_some_and(|group| group.strategy == Strategy::Simultaneous) {
            for agent_ix in cx.state.search.untried.clone() {
                candidates::claim_line(&[agent_ix], None, reach, cx);
                self.named_claims.extend(cx.state.open_claims.last().map(|claim| (*claim, agent_ix)));
            }
            cx.state.search.untried.clear();
        } else {
            candidates::claim_line(&cx.state.search.untried.clone(), None, reach, cx);
        }
        Next::Stay(self)
    }

    fn give_up(reason: &str, cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Wait);
        cx.clear_timer(Timer::Acd);
        let exit = match cx.failure_cause(cx.state.search.first_attempt) {
            Cause::Busy => "busy",
            Cause::Unreachable => "unreachable",
            Cause::Normal
            | Cause::NoAnswer
            | Cause::Rejected
            | Cause::UnknownNumber
            | Cause::Congestion
            | Cause::Cancelled
            | Cause::LostRace
            | Cause::Other => "no_answer",
        };
        Next::Go(Transition::Exit { exit: Exit::Fixed(exit), reason: reason.into() })
    }
}
