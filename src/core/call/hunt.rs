//! The caller hears the ringback while agents are tried, one after the other or all at once. The first who takes
//! the call is connected; when all have been tried or the caller has waited long enough, the flow goes on.

use super::env::Context;
use super::ringing::{Bells, Rung};
use super::timer::Timer;
use super::transition::{AgentNews, Door, Exit, Happening, Next, StoreNews};
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
    bells: Bells,
    /// Whose line was asked for by name: one wish for each, where all are tried at once.
    asked: Vec<(u32, u16)>,
}

impl Hunt {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(reach) = cx.reach() else { return Next::Go(Door::exit("unreachable")) };
        if !candidates::begin(reach, cx) {
            return Next::Go(Door::exit("off_duty"));
        }
        // Who overflowed from another group goes on hearing the same melody.
        cx.keep_playing(ringback::choose(&reach.ringback, cx));
        Self::go_on(cx)
    }

    /// Starts, or goes on with the others after an agent who took the call could not be connected.
    pub(super) fn go_on(cx: &mut Context) -> Next<Self> {
        let Some(reach) = cx.reach() else { return Next::Go(Door::exit("unreachable")) };
        if cx.facts.sound.is_none() {
            cx.play(ringback::choose(&reach.ringback, cx), true);
        }
        cx.set(Timer::Wait, cx.facts.search.until.since(cx.now));
        Self::default().try_next(cx)
    }

    pub(super) fn on(mut self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::Agent(nth, AgentNews::Claimed) => {
                cx.clear(Timer::Store);
                self.bells.ring(nth, cx);
                self.or_try_next(cx)
            }
            Happening::Agent(nth, news) => {
                let rung = self.bells.on_agent(nth, news, cx);
                self.after(rung, cx)
            }
            Happening::Store(wish, StoreNews::Refused) => {
                self.refused(wish, cx);
                self.or_try_next(cx)
            }
            Happening::Due(Timer::Store) => {
                cx.forget_wishes();
                self.or_try_next(cx)
            }
            Happening::Due(Timer::Ring) => {
                self.bells.on_due(cx);
                self.or_try_next(cx)
            }
            Happening::Due(Timer::Wait) => {
                self.bells.give_up_all(cx);
                cx.forget_wishes();
                Self::give_up("the caller has waited long enough", cx)
            }
            Happening::Done(command, _) => {
                self.bells.on_done(command, cx);
                Next::Stay(self)
            }
            Happening::Relinked => {
                cx.keep_fallback();
                cx.play_again();
                self.bells.relinked(cx);
                Next::Stay(self)
            }
            Happening::Store(..) | Happening::Caller(_) | Happening::SoundEnded | Happening::Due(_) => {
                Next::Stay(self)
            }
        }
    }

    fn after(mut self, rung: Rung, cx: &mut Context) -> Next<Self> {
        match rung {
            Rung::Nothing => Next::Stay(self),
            Rung::Less => self.or_try_next(cx),
            Rung::Taken(nth) => {
                self.bells.end_others(nth, cx);
                Next::Go(Door::Whisper { nth })
            }
            Rung::Joined(nth) => {
                self.bells.end_others(nth, cx);
                cx.end_ringback();
                Next::Go(Door::Talk { nth })
            }
        }
    }

    /// None of those asked for has a free line.
    fn refused(&mut self, wish: u32, cx: &mut Context) {
        cx.clear(Timer::Store);
        let named = self.asked.iter().find(|(asked, _)| *asked == wish).map(|(_, at)| *at);
        let agents = match named {
            Some(at) => vec![at],
            None => std::mem::take(&mut cx.facts.search.left),
        };
        for at in agents {
            cx.no_line(at);
        }
    }

    fn or_try_next(self, cx: &mut Context) -> Next<Self> {
        if self.bells.is_silent() && cx.facts.wishes.is_empty() {
            self.try_next(cx)
        } else {
            Next::Stay(self)
        }
    }

    fn try_next(mut self, cx: &mut Context) -> Next<Self> {
        let Some(reach) = cx.reach() else { return Next::Go(Door::exit("unreachable")) };
        if cx.facts.search.left.is_empty() || cx.facts.attempts.len() >= candidates::ATTEMPTS_MAX {
            return Self::give_up("all agents were tried", cx);
        }
        cx.set(Timer::Store, CLAIM_TIME_MAX);
        if candidates::group(reach, cx).is_some_and(|group| group.strategy == Strategy::Simultaneous) {
            for at in cx.facts.search.left.clone() {
                candidates::ask(&[at], None, reach, cx);
                self.asked.extend(cx.facts.wishes.last().map(|wish| (*wish, at)));
            }
            cx.facts.search.left.clear();
        } else {
            candidates::ask(&cx.facts.search.left.clone(), None, reach, cx);
        }
        Next::Stay(self)
    }

    fn give_up(because: &str, cx: &mut Context) -> Next<Self> {
        cx.clear(Timer::Wait);
        cx.clear(Timer::Store);
        let exit = match cx.nobody_came(cx.facts.search.from) {
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
        Next::Go(Door::Exit { exit: Exit::Word(exit), because: because.into() })
    }
}
