//! All agents are busy: the caller waits with music, hears from time to time how long it may take, and is served
//! in turn. A key leads out: to a message, or to being called back.

use super::attempt::Nth;
use super::env::Context;
use super::ringing::{Bells, Rung};
use super::timer::Timer;
use super::transition::{AgentNews, CallerNews, Door, Exit, Happening, Next, StoreNews};
use super::{candidates, ringback};
use crate::command::{AcdRequest, Action, Note, QueueRank};
use crate::event::QueuePosition;
use crate::hotline::flow::{NodeKind, Queue as Place, Reach};
use crate::phrases::Piece;
use crate::prompt::Prompt;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who is being rung for the caller who waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Queue {
    /// Since when the caller is here, this time.
    since: Instant,
    bells: Bells,
    /// Whether the caller hears something else than the music.
    saying: bool,
    /// Whether the caller is to be told its place as soon as that is known: on entering and from time to time.
    tells: bool,
}

impl Queue {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some((_, reach)) = here(cx) else { return Next::Go(Door::exit("off_duty")) };
        if !candidates::begin(reach, cx) {
            return Next::Go(Door::exit("off_duty"));
        }
        cx.facts.keyed.clear();
        Self::go_on(cx)
    }

    /// Waits, or waits on after an agent who took the call could not be connected.
    pub(super) fn go_on(cx: &mut Context) -> Next<Self> {
        let Some((place, _)) = here(cx) else { return Next::Go(Door::exit("off_duty")) };
        let mut queue = Self::entered(cx);
        // A ringback goes on until it is known that the caller has to wait.
        if cx.facts.sound.is_none() {
            queue.music(cx);
        }
        cx.set(Timer::Wait, cx.facts.search.until.since(cx.now));
        if let Some(every) = place.every {
            cx.set(Timer::Position, every);
        }
        queue.ask(cx);
        Next::Stay(queue)
    }

    fn entered(cx: &Context) -> Self {
        Self { since: cx.now, bells: Bells::default(), saying: false, tells: true }
    }

    /// The turn of a caller who was called back has come: the agent of this attempt is rung.
    pub(super) fn serve(nth: Nth, cx: &mut Context) -> Next<Self> {
        let Some((_, reach)) = here(cx) else { return Next::Go(Door::exit("off_duty")) };
        let mut queue = Self::entered(cx);
        queue.music(cx);
        // The wait before hanging up is over; whoever is called back waits anew.
        cx.facts.search.until = cx.now + reach.wait;
        cx.set(Timer::Wait, reach.wait);
        queue.bells.ring(nth, cx);
        queue.or_ask(cx)
    }

    pub(super) fn on(mut self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::Agent(nth, AgentNews::Claimed) => {
                self.bells.ring(nth, cx);
                self.or_ask(cx)
            }
            Happening::Agent(nth, news) => match self.bells.on_agent(nth, news, cx) {
                Rung::Nothing => Next::Stay(self),
                Rung::Less => self.or_ask(cx),
                Rung::Taken(nth) => {
                    self.bells.end_others(nth, cx);
                    self.leave(Door::Whisper { nth }, cx)
                }
                Rung::Joined(nth) => {
                    self.bells.end_others(nth, cx);
                    cx.end_ringback();
                    self.leave(Door::Talk { nth }, cx)
                }
            },
            Happening::Store(_, StoreNews::Refused) => self.out("full", "as many wait as may", cx),
            Happening::Store(_, StoreNews::Waiting(place)) => {
                cx.note(Note::Queued { ahead: place.ahead, estimate: place.estimate });
                self.wait(place, cx);
                Next::Stay(self)
            }
            Happening::Caller(CallerNews::Digit(key)) => self.key(key, cx),
            Happening::Due(Timer::Ring) => {
                self.bells.on_due(cx);
                self.or_ask(cx)
            }
            Happening::Due(Timer::Wait) => self.out("timeout", "the caller has waited long enough", cx),
            Happening::Due(Timer::Position) => {
                self.tells = true;
                if let (true, Some(claim)) = (self.bells.is_silent(), cx.facts.wishes.first().copied()) {
                    cx.ask(AcdRequest::Place { claim });
                }
                if let Some(every) = here(cx).and_then(|(place, _)| place.every) {
                    cx.set(Timer::Position, every);
                }
                Next::Stay(self)
            }
            Happening::SoundEnded => {
                self.music(cx);
                Next::Stay(self)
            }
            Happening::Done(command, _) => {
                self.bells.on_done(command, cx);
                Next::Stay(self)
            }
            Happening::Relinked => {
                cx.keep_fallback();
                self.music(cx);
                self.bells.relinked(cx);
                Next::Stay(self)
            }
            Happening::Store(..) | Happening::Caller(_) | Happening::Due(_) => Next::Stay(self),
        }
    }

    fn music(&mut self, cx: &mut Context) {
        self.saying = false;
        if let Some((_, reach)) = here(cx) {
            let music = ringback::choose(&reach.ringback, cx);
            cx.play(music, true);
        }
    }

    fn or_ask(mut self, cx: &mut Context) -> Next<Self> {
        if self.bells.is_silent() && cx.facts.wishes.is_empty() {
            if cx.facts.attempts.len() >= candidates::ATTEMPTS_MAX {
                return self.out("timeout", "too many attempts were made", cx);
            }
            self.ask(cx);
        }
        Next::Stay(self)
    }

    /// Asks for whoever is free, in the caller's turn, which it keeps however often it asks.
    fn ask(&mut self, cx: &mut Context) {
        let Some((place, reach)) = here(cx) else { return };
        let (priority, since) = (cx.facts.priority, cx.facts.search.since);
        let turn = QueueRank { priority, since, length_max: place.length_max };
        candidates::ask(&candidates::on_duty(reach, cx), Some(turn), reach, cx);
    }

    /// The caller has to wait: from here on it pays, where the business wants that, and hears its place or the
    /// music.
    fn wait(&mut self, at: QueuePosition, cx: &mut Context) {
        let Some((place, reach)) = here(cx) else { return };
        // Once for each time the caller is told: that it waits may be heard again before the switch has answered, and
        // the silence that an answer lays over the ring tone would cover what was begun after the first.
        let answers = place.answer && cx.facts.answered.is_none() && self.tells;
        if answers {
            let leg = cx.facts.leg.clone();
            cx.order(Action::Answer { leg });
        }
        if self.say_place(at, cx) || self.saying {
            return;
        }
        if answers {
            self.music(cx);
        } else {
            cx.keep_playing(ringback::choose(&reach.ringback, cx));
        }
    }

    /// Tells whether there was anything to say.
    fn say_place(&mut self, at: QueuePosition, cx: &mut Context) -> bool {
        let Some((place, _)) = here(cx).filter(|_| std::mem::take(&mut self.tells)) else { return false };
        let ahead = place.say_position.then(|| cx.say(|speaker| speaker.queue_ahead(at.ahead.into())));
        let estimate = at.estimate.filter(|_| place.say_wait);
        let wait = estimate.and_then(|wait| cx.say(|speaker| speaker.estimated_wait(wait)));
        let said = [ahead.flatten(), wait, place.notice.clone()];
        let Some(prompt) = Prompt::joined(said.into_iter().flatten()) else { return false };
        self.saying = true;
        cx.play(prompt, false);
        true
    }

    fn key(self, key: char, cx: &mut Context) -> Next<Self> {
        let Some((place, _)) = here(cx) else { return Next::Stay(self) };
        if !self.bells.is_silent() {
            return Next::Stay(self);
        }
        if place.call_back == Some(key) {
            return self.call_back(cx);
        }
        let name: Arc<str> = key.to_string().into();
        if cx.node().is_some_and(|node| node.exits.contains_key(&name)) {
            cx.forget_wishes();
            let because = format!("the caller pressed {key}").into();
            return self.leave(Door::Exit { exit: Exit::Named(name), because }, cx);
        }
        Next::Stay(self)
    }

    /// The wish for an agent stays: the caller is called when it is granted.
    fn call_back(mut self, cx: &mut Context) -> Next<Self> {
        if cx.call_back_dial().is_some() {
            return self.leave(Door::CallBack, cx);
        }
        if let Some(prompt) = cx.say(|_| vec![Piece::CallbackRefused]) {
            self.saying = true;
            cx.play(prompt, false);
        }
        Next::Stay(self)
    }

    fn out(mut self, exit: &'static str, because: &str, cx: &mut Context) -> Next<Self> {
        self.bells.give_up_all(cx);
        cx.forget_wishes();
        nobody_was_free(cx);
        self.leave(Door::Exit { exit: Exit::Word(exit), because: because.into() }, cx)
    }

    fn leave(self, door: Door, cx: &mut Context) -> Next<Self> {
        cx.clear(Timer::Wait);
        cx.clear(Timer::Position);
        self.caller_gone(cx);
        Next::Go(door)
    }

    /// The caller is here no longer: how long it was counts.
    pub(super) fn caller_gone(&self, cx: &mut Context) {
        let waited = cx.now.since(self.since);
        cx.facts.findings.queued = Millis(cx.facts.findings.queued.0 + waited.0);
    }
}

/// Who waited here in vain, and for whom nobody was tried at all, found all agents busy.
fn nobody_was_free(cx: &mut Context) {
    if let (Some((_, reach)), true) = (here(cx), cx.facts.attempts.is_empty()) {
        for at in candidates::on_duty(reach, cx) {
            cx.no_line(at);
        }
    }
}

fn here<'a>(cx: &Context<'a>) -> Option<(&'a Place, &'a Reach)> {
    if let NodeKind::Queue(place) = &cx.node()?.kind { Some((place, &place.reach)) } else { None }
}
