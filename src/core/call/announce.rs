//! The caller hears an announcement to its end, and the flow goes on. Keys that the caller presses meanwhile answer
//! the question that follows.

use super::context::Context;
use super::digit_input::TYPED_AHEAD_MAX;
use super::timer::Timer;
use super::transition::{CallerEvent, Next, StageEvent, Transition};
use crate::hotline::flow::{NodeKind, Play};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The longest time an announcement may take.
pub(super) const ANNOUNCEMENT_TIME_MAX: Millis = Millis::seconds(300);

/// The stage while the announcement plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Announce {}

impl Announce {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(NodeKind::Play(Play { prompt, .. })) = cx.node().map(|node| &node.kind) else {
            return Next::Go(Transition::exit("done"));
        };
        cx.play(prompt.clone(), false);
        cx.set_timer(Timer::Announcement, ANNOUNCEMENT_TIME_MAX);
        Next::Stay(Self {})
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::SoundEnded | StageEvent::Due(Timer::Announcement) => {
                cx.clear_timer(Timer::Announcement);
                Next::Go(Transition::exit("done"))
            }
            StageEvent::Caller(CallerEvent::Digit(digit)) => {
                if cx.state.typed_ahead.len() < TYPED_AHEAD_MAX {
                    cx.state.typed_ahead.push(digit);
                }
                Next::Stay(self)
            }
            StageEvent::LinkRestored => {
                cx.keep_fallback();
                cx.replay();
                Next::Stay(self)
            }
            StageEvent::Acd(..)
            | StageEvent::Agent(..)
            | StageEvent::Caller(_)
            | StageEvent::CommandDone(..)
            | StageEvent::Due(_) => Next::Stay(self),
        }
    }
}
