//! Agents being rung, one or several at a time, until one takes the call: by answering, or by pressing 1 where the
//! telephone may be answered by a mailbox.

use super::attempt::{Nth, Phase};
use super::env::Context;
use super::timer::Timer;
use super::transition::AgentNews;
use crate::command::Action;
use crate::event::Cause;
use crate::phrases::Key;
use crate::prompt::{Prompt, Tone};
use crate::record::AttemptOutcome;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// How long an agent's leg may take from being answered to doing what it is told.
const READY_TIME_MAX: Millis = Millis::seconds(3);
/// How long an agent may take to press the key.
const CONFIRM_TIME_MAX: Millis = Millis::seconds(15);
/// The key that takes a call.
const TAKE_KEY: char = '1';

/// Who is being rung.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Bells(Vec<Bell>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bell {
    nth: Nth,
    until: Instant,
    /// The command that asks the agent to press the key.
    asking: Option<u32>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rung {
    /// Nothing yet.
    Nothing,
    /// The agent of this attempt has the call.
    Taken(Nth),
    /// The agent of this attempt talks with the caller already: a daemon whose word was lost joined them.
    Joined(Nth),
    /// One rings no longer.
    Less,
}

impl Bells {
    pub(super) fn is_silent(&self) -> bool {
        self.0.is_empty()
    }

    /// Rings the agent of this attempt.
    pub(super) fn ring(&mut self, nth: Nth, cx: &mut Context) {
        match cx.ring(nth) {
            Some(ring_time) => {
                self.0.push(Bell { nth, until: cx.now + ring_time, asking: None });
                self.set_timer(cx);
            }
            None => cx.attempt_over(nth, AttemptOutcome::Failed),
        }
    }

    pub(super) fn on_agent(&mut self, nth: Nth, news: AgentNews, cx: &mut Context) -> Rung {
        let Some(bell) = self.0.iter_mut().find(|bell| bell.nth == nth) else { return Rung::Nothing };
        match news {
            AgentNews::Answered => {
                bell.until = cx.now + READY_TIME_MAX;
                self.set_timer(cx);
                Rung::Nothing
            }
            AgentNews::Ready if cx.agent(nth).is_some_and(|agent| agent.confirm) => {
                bell.until = cx.now + CONFIRM_TIME_MAX;
                bell.asking = ask(nth, cx);
                self.set_timer(cx);
                Rung::Nothing
            }
            AgentNews::Ready => Rung::Taken(nth),
            AgentNews::Digit(TAKE_KEY) if bell.asking.is_some() => {
                stop(nth, cx);
                Rung::Taken(nth)
            }
            AgentNews::Gone => {
                self.0.retain(|bell| bell.nth != nth);
                self.set_timer(cx);
                Rung::Less
            }
            AgentNews::Joined => Rung::Joined(nth),
            AgentNews::Claimed | AgentNews::Digit(_) => Rung::Nothing,
        }
    }

    /// What the agent was asked was said to its end: it is said again.
    pub(super) fn on_done(&mut self, command: u32, cx: &mut Context) {
        if let Some(bell) = self.0.iter_mut().find(|bell| bell.asking == Some(command)) {
            bell.asking = ask(bell.nth, cx);
        }
    }

    /// The link is back: whether the agents were asked is unknown.
    pub(super) fn relinked(&mut self, cx: &mut Context) {
        for bell in self.0.iter_mut().filter(|bell| bell.asking.is_some()) {
            stop(bell.nth, cx);
            bell.asking = ask(bell.nth, cx);
        }
    }

    /// Gives up on those who have rung long enough.
    pub(super) fn on_due(&mut self, cx: &mut Context) {
        let (late, on): (Vec<Bell>, Vec<Bell>) =
            std::mem::take(&mut self.0).into_iter().partition(|bell| bell.until <= cx.now);
        self.0 = on;
        for bell in late {
            give_up(&bell, cx);
        }
        self.set_timer(cx);
    }

    /// One of them has the call: the others have not, and no line is wished for any more.
    pub(super) fn end_others(&mut self, winner: Nth, cx: &mut Context) {
        for bell in self.0.drain(..).filter(|bell| bell.nth != winner) {
            cx.end_attempt(bell.nth, AttemptOutcome::LostRace, Cause::LostRace);
        }
        cx.clear(Timer::Ring);
        cx.forget_wishes();
    }

    pub(super) fn give_up_all(&mut self, cx: &mut Context) {
        for bell in std::mem::take(&mut self.0) {
            give_up(&bell, cx);
        }
        cx.clear(Timer::Ring);
    }

    fn set_timer(&self, cx: &mut Context) {
        match self.0.iter().map(|bell| bell.until).min() {
            Some(until) => cx.set(Timer::Ring, until.since(cx.now)),
            None => cx.clear(Timer::Ring),
        }
    }
}

fn ask(nth: Nth, cx: &mut Context) -> Option<u32> {
    let leg = cx.agent_leg(nth)?;
    let spoken = Key::try_from(TAKE_KEY).ok().and_then(|key| cx.say(|speaker| speaker.take_call(key)));
    let prompt = spoken.unwrap_or(Prompt::Tone(Tone::Beep));
    Some(cx.order(Action::Play { leg, prompt, repeat: false }))
}

fn stop(nth: Nth, cx: &mut Context) {
    if let Some(leg) = cx.agent_leg(nth) {
        cx.order(Action::Stop { leg });
    }
}

fn give_up(bell: &Bell, cx: &mut Context) {
    let Some(attempt) = cx.facts.attempts.get(bell.nth) else { return };
    let outcome = match attempt.phase {
        Phase::Claimed | Phase::Answered | Phase::Over => AttemptOutcome::Failed,
        Phase::Ready if bell.asking.is_some() => AttemptOutcome::Unconfirmed,
        Phase::Ready => AttemptOutcome::Failed,
        Phase::Calling | Phase::Created | Phase::Ringing => AttemptOutcome::NoAnswer,
    };
    cx.end_attempt(bell.nth, outcome, Cause::NoAnswer);
}
