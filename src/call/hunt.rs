//! The caller hears the ringback while one agent after the other is called. The first who takes the call is
//! connected; when all have been tried or the caller has waited long enough, the hotline says goodbye.

use super::attempt::{Nth, Phase};
use super::chance;
use super::context::{Context, Search};
use super::door::{AgentNews, Door, Happening, LineNews, Next};
use super::timer::Timer;
use crate::event::Cause;
use crate::hotline::{
    Agent,
    flow::{NodeKind, Reach},
    group::Strategy,
};
use crate::record::AttemptOutcome;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How long the store may take to say whether a line is free.
const CLAIM_TIME_MAX: Millis = Millis::seconds(2);
/// How long an agent's leg may take from being answered to doing what it is told.
const READY_TIME_MAX: Millis = Millis::seconds(3);

/// Who is being tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hunt {
    current: Option<Current>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Current {
    nth: Nth,
    agent: u16,
}

impl Hunt {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(hotline) = cx.hotline else {
            return Next::Go(Door::Closing { cause: Cause::UnknownNumber });
        };
        let mut left: Vec<u16> =
            (0u16..).zip(&hotline.agents).filter(|(_, a)| a.on).map(|(at, _)| at).collect();
        if hotline.groups.first().is_some_and(|group| group.strategy == Strategy::Random) {
            chance::shuffle(cx.facts.seed, &mut left);
        }
        left.reverse();
        cx.facts.search =
            Search { left, until: cx.now + Self::reach(cx).map_or(Millis(0), |reach| reach.wait) };
        Self::go_on(cx)
    }

    /// Starts, or goes on with the others after an agent who took the call could not be connected.
    pub(super) fn go_on(cx: &mut Context) -> Next<Self> {
        let Some(hotline) = cx.hotline else { return Self::say_goodbye(cx) };
        cx.keep_fallback();
        cx.play(
            hotline
                .flow
                .node(hotline.flow.start)
                .and_then(|node| match &node.kind {
                    NodeKind::Group(reach) => Some(reach.ringback.otherwise.clone()),
                    _ => None,
                })
                .unwrap_or(crate::prompt::Prompt::Tone(crate::prompt::Tone::Ringing)),
            true,
        );
        cx.set(Timer::Wait, cx.facts.search.until.since(cx.now));
        Self::try_next(cx)
    }

    pub(super) fn on(self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::Line(nth, LineNews::Claimed) if self.is_current(nth) => self.ring(cx),
            Happening::Line(nth, LineNews::Refused) if self.is_current(nth) => {
                cx.attempt_over(nth, AttemptOutcome::LinesTaken);
                Self::try_next(cx)
            }
            Happening::Agent(nth, AgentNews::Answered) if self.is_current(nth) => {
                cx.set(Timer::Ring, READY_TIME_MAX);
                Next::Stay(self)
            }
            Happening::Agent(nth, AgentNews::Ready) if self.is_current(nth) => {
                cx.clear(Timer::Ring);
                Next::Go(Door::Connect { nth })
            }
            Happening::Agent(nth, AgentNews::Gone) if self.is_current(nth) => Self::try_next(cx),
            Happening::Due(Timer::Claim | Timer::Ring) => {
                self.give_up_current(cx);
                Self::try_next(cx)
            }
            Happening::Due(Timer::Wait) => {
                self.give_up_current(cx);
                Self::say_goodbye(cx)
            }
            Happening::Relinked => {
                cx.keep_fallback();
                cx.play_again();
                Next::Stay(self)
            }
            Happening::Line(..)
            | Happening::Agent(..)
            | Happening::Caller(_)
            | Happening::BridgeFailed(_)
            | Happening::SoundEnded
            | Happening::Due(_) => Next::Stay(self),
        }
    }

    fn reach<'a>(cx: &'a Context) -> Option<&'a Reach> {
        let flow = &cx.hotline?.flow;
        match &flow.node(flow.start)?.kind {
            NodeKind::Group(reach) => Some(reach),
            _ => None,
        }
    }

    fn is_current(&self, nth: Nth) -> bool {
        self.current.as_ref().is_some_and(|current| current.nth == nth)
    }

    fn agent<'a>(&self, cx: &'a Context) -> Option<&'a Agent> {
        cx.hotline?.agents.get(usize::from(self.current.as_ref()?.agent))
    }

    fn try_next(cx: &mut Context) -> Next<Self> {
        cx.clear(Timer::Claim);
        cx.clear(Timer::Ring);
        let Some(place) = cx.facts.search.left.pop() else { return Self::say_goodbye(cx) };
        let Some(hotline) = cx.hotline.map(Arc::clone) else { return Self::say_goodbye(cx) };
        let Some(agent) = hotline.agents.get(usize::from(place)) else { return Self::say_goodbye(cx) };
        let nth = cx.claim(agent);
        cx.set(Timer::Claim, CLAIM_TIME_MAX);
        Next::Stay(Self { current: Some(Current { nth, agent: place }) })
    }

    fn ring(self, cx: &mut Context) -> Next<Self> {
        let (Some(agent), Some(current)) = (self.agent(cx).cloned(), &self.current) else {
            self.give_up_current(cx);
            return Self::try_next(cx);
        };
        cx.clear(Timer::Claim);
        cx.ring(current.nth, &agent);
        cx.set(Timer::Ring, agent.ring_time);
        Next::Stay(self)
    }

    fn give_up_current(&self, cx: &mut Context) {
        let Some(current) = &self.current else { return };
        let Some(attempt) = cx.facts.attempts.get(current.nth) else { return };
        let outcome = match attempt.phase {
            Phase::Claiming | Phase::Answered | Phase::Ready | Phase::Over => AttemptOutcome::Failed,
            Phase::Calling | Phase::Created | Phase::Ringing => AttemptOutcome::NoAnswer,
        };
        cx.end_attempt(current.nth, outcome, Cause::NoAnswer);
    }

    /// The caller's side is told the reason that is nearest to the truth for all attempts together.
    fn say_goodbye(cx: &mut Context) -> Next<Self> {
        cx.clear(Timer::Wait);
        let outcomes = || cx.facts.attempts.iter().filter_map(|attempt| attempt.outcome);
        let is_busy = |o| matches!(o, AttemptOutcome::Busy | AttemptOutcome::LinesTaken);
        let is_unreachable = |o| matches!(o, AttemptOutcome::Unreachable | AttemptOutcome::Failed);
        let cause = if outcomes().next().is_none() || outcomes().all(is_unreachable) {
            Cause::Unreachable
        } else if outcomes().all(|o| is_busy(o) || is_unreachable(o)) {
            Cause::Busy
        } else {
            Cause::NoAnswer
        };
        Next::Go(Door::Closing { cause })
    }
}
