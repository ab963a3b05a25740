//! Caller and agent talk. When the caller leaves, the call ends for both; when the agent leaves, too, unless the
//! flow goes on after a talk: with the survey, as a rule.

use super::attempt::Nth;
use super::env::Context;
use super::timer::Timer;
use super::transition::{AgentNews, CallerNews, Door, Happening, Next};
use super::{candidates, flow};
use crate::command::{AcdRequest, Action};
use crate::event::Cause;
use crate::hotline::Recording;
use crate::record::{EndedBy, Outcome};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How soon a leg's end must follow the end of the bridge; otherwise somebody broke only the bridge.
const PARTING_TIME_MAX: Millis = Millis::seconds(2);
const DAY: Millis = Millis::seconds(24 * 3600);

/// Who talks with the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Talk {
    nth: Nth,
    /// Whether the agent left and the caller's leg is awaited back.
    parted: bool,
}

impl Talk {
    pub(super) fn enter(nth: Nth, cx: &mut Context) -> Next<Self> {
        let talk = Self { nth, parted: false };
        talk.begin(cx);
        Next::Stay(talk)
    }

    pub(super) fn on(self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::Agent(nth, AgentNews::Gone) if nth == self.nth => self.agent_gone(cx),
            Happening::Caller(CallerNews::Parked) if self.parted => Self::go_on(cx),
            Happening::Caller(CallerNews::Answered) => {
                self.begin(cx);
                Next::Stay(self)
            }
            Happening::Caller(CallerNews::Parted | CallerNews::Parked) if !self.parted => {
                cx.set(Timer::Parting, PARTING_TIME_MAX);
                Next::Stay(self)
            }
            Happening::Agent(nth, AgentNews::Joined) if nth == self.nth => {
                cx.clear(Timer::Parting);
                Next::Stay(self)
            }
            Happening::Due(Timer::Parting) if self.parted => Self::go_on(cx),
            Happening::Due(Timer::Parting) => {
                cx.conclude(Self::outcome(cx), EndedBy::Switch, Cause::Normal);
                Next::Go(Door::Ending { cause: Cause::Normal })
            }
            // The caller's leg may have come back unheard.
            Happening::Relinked if self.parted => Self::go_on(cx),
            Happening::Store(..)
            | Happening::Agent(..)
            | Happening::Caller(_)
            | Happening::Done(..)
            | Happening::SoundEnded
            | Happening::Relinked
            | Happening::Due(_) => Next::Stay(self),
        }
    }

    /// They hear each other, as far as the caller is answered already.
    fn begin(&self, cx: &mut Context) {
        let before = cx.facts.talk;
        cx.begin_talk(self.nth);
        if before.is_some() || cx.facts.talk.is_none() {
            return;
        }
        record(cx);
        remember(self.nth, cx);
    }

    fn agent_gone(mut self, cx: &mut Context) -> Next<Self> {
        let left = cx.facts.attempts.get(self.nth).is_some_and(|attempt| attempt.left);
        let by = if left { EndedBy::Agent } else { EndedBy::Switch };
        if cx.facts.talk.is_some() && flow::after_talk(cx).is_some() {
            cx.facts.parted = Some((cx.now, by));
            self.parted = true;
            cx.set(Timer::Parting, PARTING_TIME_MAX);
            return Next::Stay(self);
        }
        cx.conclude(Self::outcome(cx), by, Cause::Normal);
        Next::Go(Door::Ending { cause: Cause::Normal })
    }

    /// The caller is ours again.
    fn go_on(cx: &mut Context) -> Next<Self> {
        cx.clear(Timer::Parting);
        if let Some(file) = cx.facts.findings.recording.clone() {
            let leg = cx.facts.leg.clone();
            cx.order(Action::StopRecording { leg, file });
        }
        cx.keep_fallback();
        Next::Go(Door::exit(flow::TALKED))
    }

    fn outcome(cx: &Context) -> Outcome {
        if cx.facts.talk.is_some() { Outcome::Answered } else { Outcome::Lost }
    }
}

fn record(cx: &mut Context) {
    let wanted = match cx.hotline.map(|hotline| hotline.recording) {
        Some(Recording::All) => true,
        Some(Recording::Inbound) => cx.facts.findings.call_back.is_none(),
        Some(Recording::Off) | None => false,
    };
    if !wanted {
        return;
    }
    let Some(file) = cx.recording("") else { return };
    let leg = cx.facts.leg.clone();
    cx.order(Action::RecordTalk { leg, file: file.clone() });
    cx.facts.findings.recording = Some(file);
}

/// The next call of this caller is tried with this agent first, where the group wants that.
fn remember(nth: Nth, cx: &mut Context) {
    let (Some(hotline), Some(reach)) = (cx.hotline, cx.reach()) else { return };
    let Some(group) = candidates::group(reach, cx) else { return };
    let (Some(days), Some(caller)) = (group.last_agent_days, cx.caller_key()) else { return };
    let Some(line) = cx.facts.attempts.get(nth).map(|attempt| attempt.line.clone()) else { return };
    let pool = candidates::pool(&hotline.number, group);
    let keep = Millis(DAY.0 * u64::from(days));
    cx.ask(AcdRequest::Remember { pool, caller, line, keep });
}
