//! All agents are busy: the caller waits with music, hears from time to time how long it may take, and is served
//! in turn. A key leads out: to a message, or to being called back.

use super::attempt::AttemptIx;
use super::context::Context;
use super::ringing::{RingOutcome, RingingAgents};
use super::timer::Timer;
use super::transition::{AcdEvent, AgentEvent, CallerEvent, Exit, Next, StageEvent, Transition};
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
    #[serde(rename = "bells")]
    ringing: RingingAgents,
    /// Whether the caller hears something else than the music.
    saying: bool,
    /// Whether the caller is to be told its place as soon as that is known: on entering and from time to time.
    tells: bool,
}

impl Queue {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some((_, reach)) = here(cx) else { return Next::Go(Transition::exit("off_duty")) };
        if !candidates::begin(reach, cx) {
            return Next::Go(Transition::exit("off_duty"));
        }
        cx.state.typed_ahead.clear();
        Self::go_on(cx)
    }

    /// Waits, or waits on after an agent who took the call could not be connected.
    pub(super) fn go_on(cx: &mut Context) -> Next<Self> {
        let Some((place, _)) = here(cx) else { return Next::Go(Transition::exit("off_duty")) };
        let mut queue = Self::entered(cx);
        // A ringback goes on until it is known that the caller has to wait.
        if cx.state.sound.is_none() {
            queue.music(cx);
        }
        cx.set_timer(Timer::Wait, cx.state.search.until.since(cx.now));
        if let Some(every) = place.every {
            cx.set_timer(Timer::Position, every);
        }
        queue.ask(cx);
        Next::Stay(queue)
    }

    fn entered(cx: &Context) -> Self {
        Self { since: cx.now, ringing: RingingAgents::default(), saying: false, tells: true }
    }

    /// The turn of a caller who was called back has come: the agent of this attempt is rung.
    pub(super) fn serve(attempt_ix: AttemptIx, cx: &mut Context) -> Next<Self> {
        let Some((_, reach)) = here(cx) else { return Next::Go(Transition::exit("off_duty")) };
        let mut queue = Self::entered(cx);
        queue.music(cx);
        // The wait before hanging up is over; whoever is called back waits anew.
        cx.state.search.until = cx.now + reach.wait;
        cx.set_timer(Timer::Wait, reach.wait);
        queue.ringing.ring(attempt_ix, cx);
        queue.or_ask(cx)
    }

    pub(super) fn on(mut self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Agent(attempt_ix, AgentEvent::Claimed) => {
                self.ringing.ring(attempt_ix, cx);
                self.or_ask(cx)
            }
            StageEvent::Agent(attempt_ix, news) => match self.ringing.on_agent(attempt_ix, news, cx) {
                RingOutcome::Pending => Next::Stay(self),
                RingOutcome::AgentGone => self.or_ask(cx),
                RingOutcome::Accepted(attempt_ix) => {
                    self.ringing.end_others(attempt_ix, cx);
                    self.leave(Transition::Whisper { attempt_ix }, cx)
                }
                RingOutcome::Bridged(attempt_ix) => {
                    self.ringing.end_others(attempt_ix, cx);
                    cx.end_ringback();
                    self.leave(Transition::Talk { attempt_ix }, cx)
                }
            },
            StageEvent::Acd(_, AcdEvent::Refused) => self.out("full", "as many wait as may", cx),
            StageEvent::Acd(_, AcdEvent::Waiting(place)) => {
                cx.note(Note::Queued { ahead: place.ahead, estimate: place.estimate });
                self.wait(place, cx);
                Next::Stay(self)
            }
            StageEvent::Caller(CallerEvent::Digit(key)) => self.key(key, cx),
            StageEvent::Due(Timer::Ring) => {
                self.ringing.on_due(cx);
                self.or_ask(cx)
            }
            StageEvent::Due(Timer::Wait) => self.out("timeout", "the caller has waited long enough", cx),
            StageEvent::Due(Timer::Position) => {
                self.tells = true;
                if let (true, Some(claim)) = (self.ringing.is_empty(), cx.state.open_claims.first().copied())
                {
                    cx.request(AcdRequest::Place { claim });
                }
                if let Some(every) = here(cx).and_then(|(place, _)| place.every) {
                    cx.set_timer(Timer::Position, every);
                }
                Next::Stay(self)
            }
            StageEvent::SoundEnded => {
                self.music(cx);
                Next::Stay(self)
            }
            StageEvent::CommandDone(command, _) => {
                self.ringing.on_done(command, cx);
                Next::Stay(self)
            }
            StageEvent::LinkRestored => {
                cx.keep_fallback();
                self.music(cx);
                self.ringing.on_link_restored(cx);
                Next::Stay(self)
            }
            StageEvent::Acd(..) | StageEvent::Caller(_) | StageEvent::Due(_) => Next::Stay(self),
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
        if self.ringing.is_empty() && cx.state.open_claims.is_empty() {
            if cx.state.attempts.len() >= candidates::ATTEMPTS_MAX {
                return self.out("timeout", "too many attempts were made", cx);
            }
            self.ask(cx);
        }
        Next::Stay(self)
    }

    /// Asks for whoever is free, in the caller's turn, which it keeps however often it asks.
    fn ask(&mut self, cx: &mut Context) {
        let Some((place, reach)) = here(cx) else { return };
        let (priority, since) = (cx.state.priority, cx.state.search.since);
        let turn = QueueRank { priority, since, length_max: place.length_max };
        candidates::ask(&candidates::on_duty(reach, cx), Some(turn), reach, cx);
    }

    /// The caller has to wait: from here on it pays, where the business wants that, and hears its place or the
    /// music.
    fn wait(&mut self, at: QueuePosition, cx: &mut Context) {
        let Some((place, reach)) = here(cx) else { return };
        // Once for each time the caller is told: that it waits may be heard again before the switch has answered, and
        // the silence that an answer lays over the ring tone would cover what was begun after the first.
        let answers = place.answer && cx.state.answered.is_none() && self.tells;
        if answers {
            let leg = cx.state.caller_leg.clone();
            cx.send(Action::Answer { leg });
        }
        if self.say_place(at, cx) || self.saying {
            return;
        }
        if answers {
            self.music(cx);
        } else {
            cx.play_continuously(ringback::choose(&reach.ringback, cx));
        }
    }

    /// Tells whether there was anything to say.
    fn say_place(&mut self, at: QueuePosition, cx: &mut Context) -> bool {
        let Some((place, _)) = here(cx).filter(|_| std::mem::take(&mut self.tells)) else { return false };
        let ahead = place.say_position.then(|| cx.spoken(|speaker| speaker.queue_ahead(at.ahead.into())));
        let estimate = at.estimate.filter(|_| place.say_wait);
        let wait = estimate.and_then(|wait| cx.spoken(|speaker| speaker.estimated_wait(wait)));
        let said = [ahead.flatten(), wait, place.notice.clone()];
        let Some(prompt) = Prompt::joined(said.into_iter().flatten()) else { return false };
        self.saying = true;
        cx.play(prompt, false);
        true
    }

    fn key(self, key: char, cx: &mut Context) -> Next<Self> {
        let Some((place, _)) = here(cx) else { return Next::Stay(self) };
        if !self.ringing.is_empty() {
            return Next::Stay(self);
        }
        if place.call_back == Some(key) {
            return self.call_back(cx);
        }
        let name: Arc<str> = key.to_string().into();
        if cx.node().is_some_and(|node| node.exits.contains_key(&name)) {
            cx.abandon_claims();
            let because = format!("the caller pressed {key}").into();
            return self.leave(Transition::Exit { exit: Exit::Named(name), because }, cx);
        }
        Next::Stay(self)
    }

    /// The wish for an agent stays: the caller is called when it is granted.
    fn call_back(mut self, cx: &mut Context) -> Next<Self> {
        if cx.call_back_dial().is_some() {
            return self.leave(Transition::CallBack, cx);
        }
        if let Some(prompt) = cx.spoken(|_| vec![Piece::CallbackRefused]) {
            self.saying = true;
            cx.play(prompt, false);
        }
        Next::Stay(self)
    }

    fn out(mut self, exit: &'static str, because: &str, cx: &mut Context) -> Next<Self> {
        self.ringing.give_up_all(cx);
        cx.abandon_claims();
        nobody_was_free(cx);
        self.leave(Transition::Exit { exit: Exit::Fixed(exit), because: because.into() }, cx)
    }

    fn leave(self, transition: Transition, cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Wait);
        cx.clear_timer(Timer::Position);
        self.caller_gone(cx);
        Next::Go(transition)
    }

    /// The caller is here no longer: how long it was counts.
    pub(super) fn caller_gone(&self, cx: &mut Context) {
        let waited = cx.now.since(self.since);
        cx.state.record_fields.queued = Millis(cx.state.record_fields.queued.0 + waited.0);
    }
}

/// Who waited here in vain, and for whom nobody was tried at all, found all agents busy.
fn nobody_was_free(cx: &mut Context) {
    if let (Some((_, reach)), true) = (here(cx), cx.state.attempts.is_empty()) {
        for at in candidates::on_duty(reach, cx) {
            cx.record_no_line(at);
        }
    }
}

fn here<'a>(cx: &Context<'a>) -> Option<(&'a Place, &'a Reach)> {
    if let NodeKind::Queue(place) = &cx.node()?.kind { Some((place, &place.reach)) } else { None }
}
