//! The caller hears something to its end, and the flow goes on. Keys pressed meanwhile answer the question that
//! follows.

use super::digit_input::KEYED_MAX;
use super::env::Context;
use super::timer::Timer;
use super::transition::{CallerNews, Door, Happening, Next};
use crate::hotline::flow::{NodeKind, Play};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The longest an announcement may take.
pub(super) const ANNOUNCEMENT_TIME_MAX: Millis = Millis::seconds(300);

/// Something is being said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Announce {}

impl Announce {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(NodeKind::Play(Play { prompt, .. })) = cx.node().map(|node| &node.kind) else {
            return Next::Go(Door::exit("done"));
        };
        cx.play(prompt.clone(), false);
        cx.set(Timer::Announcement, ANNOUNCEMENT_TIME_MAX);
        Next::Stay(Self {})
    }

    pub(super) fn on(self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::SoundEnded | Happening::Due(Timer::Announcement) => {
                cx.clear(Timer::Announcement);
                Next::Go(Door::exit("done"))
            }
            Happening::Caller(CallerNews::Digit(digit)) => {
                if cx.facts.keyed.len() < KEYED_MAX {
                    cx.facts.keyed.push(digit);
                }
                Next::Stay(self)
            }
            Happening::Relinked => {
                cx.keep_fallback();
                cx.play_again();
                Next::Stay(self)
            }
            Happening::Store(..)
            | Happening::Agent(..)
            | Happening::Caller(_)
            | Happening::Done(..)
            | Happening::Due(_) => Next::Stay(self),
        }
    }
}
