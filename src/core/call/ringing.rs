//! The agents who are rung for a call, one or several at a time. An agent takes the call by answering, or by pressing
//! 1 where a mailbox may answer the telephone.

use super::attempt::{AttemptIx, AttemptPhase};
use super::context::Context;
use super::timer::Timer;
use super::transition::AgentEvent;
use crate::command::Action;
use crate::event::Cause;
use crate::phrases::Key;
use crate::prompt::{Prompt, Tone};
use crate::record::AttemptOutcome;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// How long an agent's leg may take from the answer to being parked.
const READY_TIME_MAX: Millis = Millis::seconds(3);
/// How long an agent may take to press the key.
const CONFIRM_TIME_MAX: Millis = Millis::seconds(15);
/// The key that takes a call.
const TAKE_KEY: char = '1';

/// The agents who are rung.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct RingingAgents(Vec<RingingAgent>);

/// One agent who is rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RingingAgent {
    #[serde(rename = "nth")]
    attempt_ix: AttemptIx,
    until: Instant,
    /// The command that plays the request to press the key.
    #[serde(rename = "asking")]
    confirm_prompt: Option<u32>,
}

/// What became of the ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RingOutcome {
    /// The agents still ring.
    Pending,
    /// The agent of this attempt takes the call.
    Accepted(AttemptIx),
    /// The agent of this attempt talks with the caller already: a daemon whose report was lost bridged them.
    Bridged(AttemptIx),
    /// One agent rings no longer.
    AgentGone,
}

impl RingingAgents {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Rings the agent of this attempt.
    pub(super) fn ring(&mut self, attempt_ix: AttemptIx, cx: &mut Context) {
        match cx.ring_agent(attempt_ix) {
            Some(ring_time) => {
                self.0.push(RingingAgent { attempt_ix, until: cx.now + ring_time, confirm_prompt: None });
                self.set_timer(cx);
            }
            None => cx.close_attempt(attempt_ix, AttemptOutcome::Failed),
        }
    }

    pub(super) fn on_agent(
        &mut self,
        attempt_ix: AttemptIx,
        news: AgentEvent,
        cx: &mut Context,
    ) -> RingOutcome {
        let Some(agent) = self.0.iter_mut().find(|agent| agent.attempt_ix == attempt_ix) else {
            return RingOutcome::Pending;
        };
        match news {
            AgentEvent::Answered => {
                agent.until = cx.now + READY_TIME_MAX;
                self.set_timer(cx);
                RingOutcome::Pending
            }
            AgentEvent::Ready if cx.agent(attempt_ix).is_some_and(|agent| agent.confirm) => {
                agent.until = cx.now + CONFIRM_TIME_MAX;
                agent.confirm_prompt = ask_to_confirm(attempt_ix, cx);
                self.set_timer(cx);
                RingOutcome::Pending
            }
            AgentEvent::Ready => RingOutcome::Accepted(attempt_ix),
            AgentEvent::Digit(TAKE_KEY) if agent.confirm_prompt.is_some() => {
                stop_prompt(attempt_ix, cx);
                RingOutcome::Accepted(attempt_ix)
            }
            AgentEvent::Gone => {
                self.0.retain(|agent| agent.attempt_ix != attempt_ix);
                self.set_timer(cx);
                RingOutcome::AgentGone
            }
            AgentEvent::Bridged => RingOutcome::Bridged(attempt_ix),
            AgentEvent::Claimed | AgentEvent::Digit(_) => RingOutcome::Pending,
        }
    }

    /// The request to press the key was played to its end: it is played again.
    pub(super) fn on_done(&mut self, command: u32, cx: &mut Context) {
        if let Some(agent) = self.0.iter_mut().find(|agent| agent.confirm_prompt == Some(command)) {
            agent.confirm_prompt = ask_to_confirm(agent.attempt_ix, cx);
        }
    }

    /// The link is back. Nobody knows whether the request to press the key still plays: it is played again.
    pub(super) fn on_link_restored(&mut self, cx: &mut Context) {
        for agent in self.0.iter_mut().filter(|agent| agent.confirm_prompt.is_some()) {
            stop_prompt(agent.attempt_ix, cx);
            agent.confirm_prompt = ask_to_confirm(agent.attempt_ix, cx);
        }
    }

    /// Gives up on the agents who rang for their ring time.
    pub(super) fn on_due(&mut self, cx: &mut Context) {
        let (expired, ringing): (Vec<RingingAgent>, Vec<RingingAgent>) =
            std::mem::take(&mut self.0).into_iter().partition(|agent| agent.until <= cx.now);
        self.0 = ringing;
        for agent in expired {
            give_up(&agent, cx);
        }
        self.set_timer(cx);
    }

    /// One agent has the call: the others stop ringing, and all open claims are withdrawn.
    pub(super) fn end_others(&mut self, winner: AttemptIx, cx: &mut Context) {
        for agent in self.0.drain(..).filter(|agent| agent.attempt_ix != winner) {
            cx.end_attempt(agent.attempt_ix, AttemptOutcome::LostRace, Cause::LostRace);
        }
        cx.clear_timer(Timer::Ring);
        cx.abandon_claims();
    }

    pub(super) fn give_up_all(&mut self, cx: &mut Context) {
        for agent in std::mem::take(&mut self.0) {
            give_up(&agent, cx);
        }
        cx.clear_timer(Timer::Ring);
    }

    fn set_timer(&self, cx: &mut Context) {
        match self.0.iter().map(|agent| agent.until).min() {
            Some(until) => cx.set_timer(Timer::Ring, until.since(cx.now)),
            None => cx.clear_timer(Timer::Ring),
        }
    }
}

fn ask_to_confirm(attempt_ix: AttemptIx, cx: &mut Context) -> Option<u32> {
    let leg = cx.agent_leg(attempt_ix)?;
    let spoken = Key::try_from(TAKE_KEY).ok().and_then(|key| cx.spoken(|speaker| speaker.take_call(key)));
    let prompt = spoken.unwrap_or(Prompt::Tone(Tone::Beep));
    Some(cx.send(Action::Play { leg, prompt, repeat: false }))
}

fn stop_prompt(attempt_ix: AttemptIx, cx: &mut Context) {
    if let Some(leg) = cx.agent_leg(attempt_ix) {
        cx.send(Action::Stop { leg });
    }
}

fn give_up(agent: &RingingAgent, cx: &mut Context) {
    let Some(attempt) = cx.state.attempts.get(agent.attempt_ix) else { return };
    let outcome = match attempt.phase {
        AttemptPhase::Claimed | AttemptPhase::Answered | AttemptPhase::Ended => AttemptOutcome::Failed,
        AttemptPhase::Ready if agent.confirm_prompt.is_some() => AttemptOutcome::Unconfirmed,
        AttemptPhase::Ready => AttemptOutcome::Failed,
        AttemptPhase::Calling | AttemptPhase::Created | AttemptPhase::Ringing => AttemptOutcome::NoAnswer,
    };
    cx.end_attempt(agent.attempt_ix, outcome, Cause::NoAnswer);
}
