//! The caller hears the ringback while agents are tried, one after the other or all at once. The first who takes
//! the call is connected; when all have been tried or the caller has waited long enough, the flow goes on.

use super::context::Context;
use super::ringing::{RingOutcome, RingingAgents};
use super::timer::Timer;
use super::transition::{AcdEvent, AgentEvent, Exit, Next, StageEvent, Transition};
use super::{candidates, ringback};
use crate::event::Cause;
use crate::hotline::group::Strategy;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long the store may take to say whether a line is free.
const CLAIM_TIME_MAX: Millis = Millis::seconds(2);

/// Who is being tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Hunt {
    #[serde(rename = "bells")]
    ringing: RingingAgents,
    /// Whose line was asked for by name: one wish for each, where all are tried at once.
    asked: Vec<(u32, u16)>,
}

impl Hunt {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(reach) = cx.reach() else { return Next::Go(Transition::exit("unreachable")) };
        if !candidates::begin(reach, cx) {
            return Next::Go(Transition::exit("off_duty"));
        }
        // Who overflowed from another group goes on hearing the same melody.
        cx.play_continuously(ringback::choose(&reach.ringback, cx));
        Self::go_on(cx)
    }

    /// Starts, or goes on with the others after an agent who took the call could not be connected.
    pub(super) fn go_on(cx: &mut Context) -> Next<Self> {
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
                self.or_try_next(cx)
            }
            StageEvent::Agent(attempt_ix, news) => {
                let outcome = self.ringing.on_agent(attempt_ix, news, cx);
                self.after(outcome, cx)
            }
            StageEvent::Acd(claim, AcdEvent::Refused) => {
                self.refused(claim, cx);
                self.or_try_next(cx)
            }
            StageEvent::Due(Timer::Acd) => {
                cx.abandon_claims();
                self.or_try_next(cx)
            }
            StageEvent::Due(Timer::Ring) => {
                self.ringing.on_due(cx);
                self.or_try_next(cx)
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

    fn after(mut self, outcome: RingOutcome, cx: &mut Context) -> Next<Self> {
        match outcome {
            RingOutcome::Pending => Next::Stay(self),
            RingOutcome::AgentGone => self.or_try_next(cx),
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

    /// None of those asked for has a free line.
    fn refused(&mut self, claim: u32, cx: &mut Context) {
        cx.clear_timer(Timer::Acd);
        let named = self.asked.iter().find(|(asked, _)| *asked == claim).map(|(_, at)| *at);
        let agents = match named {
            Some(at) => vec![at],
            None => std::mem::take(&mut cx.state.search.untried),
        };
        for at in agents {
            cx.record_no_line(at);
        }
    }

    fn or_try_next(self, cx: &mut Context) -> Next<Self> {
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
            for at in cx.state.search.untried.clone() {
                candidates::ask(&[at], None, reach, cx);
                self.asked.extend(cx.state.open_claims.last().map(|claim| (*claim, at)));
            }
            cx.state.search.untried.clear();
        } else {
            candidates::ask(&cx.state.search.untried.clone(), None, reach, cx);
        }
        Next::Stay(self)
    }

    fn give_up(because: &str, cx: &mut Context) -> Next<Self> {
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
        Next::Go(Transition::Exit { exit: Exit::Fixed(exit), because: because.into() })
    }
}
