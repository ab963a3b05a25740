//! Caller and agent talk. Whoever leaves first ends the call for both.

use super::attempt::Nth;
use super::context::Context;
use super::door::{AgentNews, CallerNews, Door, Happening, Next};
use super::timer::Timer;
use crate::event::Cause;
use crate::record::{EndedBy, Outcome};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How soon a leg's end must follow the end of the bridge; otherwise somebody broke only the bridge.
const PARTING_TIME_MAX: Millis = Millis::seconds(2);

/// Who talks with the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Talk {
    nth: Nth,
}

impl Talk {
    pub(super) fn enter(nth: Nth, cx: &mut Context) -> Next<Self> {
        cx.begin_talk(nth);
        Next::Stay(Self { nth })
    }

    pub(super) fn on(self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::Agent(nth, AgentNews::Gone) if nth == self.nth => {
                let left = cx.facts.attempts.get(nth).is_some_and(|attempt| attempt.left);
                let by = if left { EndedBy::Agent } else { EndedBy::Switch };
                cx.conclude(Self::outcome(cx), by, Cause::Normal);
                Next::Go(Door::Ending { cause: Cause::Normal })
            }
            Happening::Caller(CallerNews::Answered) => {
                cx.begin_talk(self.nth);
                Next::Stay(self)
            }
            Happening::Caller(CallerNews::Parted) => {
                cx.set(Timer::Parting, PARTING_TIME_MAX);
                Next::Stay(self)
            }
            Happening::Agent(nth, AgentNews::Joined) if nth == self.nth => {
                cx.clear(Timer::Parting);
                Next::Stay(self)
            }
            Happening::Due(Timer::Parting) => {
                cx.conclude(Self::outcome(cx), EndedBy::Switch, Cause::Normal);
                Next::Go(Door::Ending { cause: Cause::Normal })
            }
            Happening::Line(..)
            | Happening::Agent(..)
            | Happening::Caller(_)
            | Happening::BridgeFailed(_)
            | Happening::SoundEnded
            | Happening::Relinked
            | Happening::Due(_) => Next::Stay(self),
        }
    }

    fn outcome(cx: &Context) -> Outcome {
        if cx.facts.talk.is_some() { Outcome::Answered } else { Outcome::Lost }
    }
}
