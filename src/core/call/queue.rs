//! All agents are busy: the caller waits with music, hears from time to time how long it may take, and is served in
//! turn. A key leads out of the queue: to a message, or to a call back.

use super::attempt::AttemptIx;
use super::context::Context;
use super::ringing::{RingOutcome, RingingAgents};
use super::timer::Timer;
use super::transition::{AcdEvent, AgentEvent, CallerEvent, Exit, Next, StageEvent, Transition};
use super::{candidates, ringback};
use crate::command::{AcdRequest, Action, Note, QueueRank};
use crate::event::QueuePosition;
use crate::hotline::flow::{NodeKind, Queue as QueueNode, Reach};
use crate::phrases::Piece;
use crate::prompt::Prompt;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The stage while the caller waits, and while agents are rung for the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Queue {
    /// When the caller entered the queue, this time.
    since: Instant,
    #[serde(rename = "bells")]
    ringing: RingingAgents,
    /// Whether the caller hears an announcement instead of the music.
    #[serde(rename = "saying")]
    is_announcing: bool,
    /// Whether the caller shall hear the position as soon as it is known: on entry and from time to time.
    #[serde(rename = "tells")]
    announcement_due: bool,
}

impl Queue {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some((_, reach)) = queue_node(cx) else { return Next::Go(Transition::exit("off_duty")) };
        if !candidates::begin_search(reach, cx) {
            return Next::Go(Transition::exit("off_duty"));
        }
        cx.state.typed_ahead.clear();
        Self::resume(cx)
    }

    /// Waits, or waits on after an agent who took the call could not be connected.
    pub(super) fn resume(cx: &mut Context) -> Next<Self> {
        let Some((node, _)) = queue_node(cx) else { return Next::Go(Transition::exit("off_duty")) };
        let mut queue = Self::new(cx);
        // A ringback goes on until it is known that the caller has to wait.
        if cx.state.sound.is_none() {
            queue.play_music(cx);
        }
        cx.set_timer(Timer::Wait, cx.state.search.until.since(cx.now));
        if let Some(every) = node.every {
            cx.set_timer(Timer::Position, every);
        }
        queue.claim_line(cx);
        Next::Stay(queue)
    }

    fn new(cx: &Context) -> Self {
        Self {
            since: cx.now,
            ringing: RingingAgents::default(),
            is_announcing: false,
            announcement_due: true,
        }
    }

    /// A caller who was called back answered: rings the agent of this attempt.
    pub(super) fn serve_call_back(attempt_ix: AttemptIx, cx: &mut Context) -> Next<Self> {
        let Some((_, reach)) = queue_node(cx) else { return Next::Go(Transition::exit("off_duty")) };
        let mut queue = Self::new(cx);
        queue.play_music(cx);
        // The time limit before the call back does not count; the caller waits anew.
        cx.state.search.until = cx.now + reach.wait;
        cx.set_timer(Timer::Wait, reach.wait);
        queue.ringing.ring(attempt_ix, cx);
        queue.claim_if_idle(cx)
    }

    pub(super) fn on(mut self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Agent(attempt_ix, AgentEvent::Claimed) => {
                self.ringing.ring(attempt_ix, cx);
                self.claim_if_idle(cx)
            }
            StageEvent::Agent(attempt_ix, news) => match self.ringing.on_agent(attempt_ix, news, cx) {
                RingOutcome::Pending => Next::Stay(self),
                RingOutcome::AgentGone => self.claim_if_idle(cx),
                RingOutcome::Accepted(attempt_ix) => {
                    self.ringing.end_others(attempt_ix, cx);
                    self.leave_queue(Transition::Whisper { attempt_ix }, cx)
                }
                RingOutcome::Bridged(attempt_ix) => {
                    self.ringing.end_others(attempt_ix, cx);
                    cx.end_ringback();
                    self.leave_queue(Transition::Talk { attempt_ix }, cx)
                }
            },
            StageEvent::Acd(_, AcdEvent::Refused) => self.give_up("full", "as many wait as may", cx),
            StageEvent::Acd(_, AcdEvent::Waiting(position)) => {
                cx.note(Note::Queued { ahead: position.ahead, estimate: position.estimate });
                self.on_waiting(position, cx);
                Next::Stay(self)
            }
            StageEvent::Caller(CallerEvent::Digit(key)) => self.on_key(key, cx),
            StageEvent::Due(Timer::Ring) => {
                self.ringing.on_due(cx);
                self.claim_if_idle(cx)
            }
            StageEvent::Due(Timer::Wait) => self.give_up("timeout", "the caller has waited long enough", cx),
            StageEvent::Due(Timer::Position) => {
                self.announcement_due = true;
                if let (true, Some(claim)) = (self.ringing.is_empty(), cx.state.open_claims.first().copied())
                {
                    cx.request(AcdRequest::Place { claim });
                }
                if let Some(every) = queue_node(cx).and_then(|(node, _)| node.every) {
                    cx.set_timer(Timer::Position, every);
                }
                Next::Stay(self)
            }
            StageEvent::SoundEnded => {
                self.play_music(cx);
                Next::Stay(self)
            }
            StageEvent::CommandDone(command, _) => {
                self.ringing.on_done(command, cx);
                Next::Stay(self)
            }
            StageEvent::LinkRestored => {
                cx.keep_fallback();
                self.play_music(cx);
                self.ringing.on_link_restored(cx);
                Next::Stay(self)
            }
            StageEvent::Acd(..) | StageEvent::Caller(_) | StageEvent::Due(_) => Next::Stay(self),
        }
    }

    fn play_music(&mut self, cx: &mut Context) {
        self.is_announcing = false;
        if let Some((_, reach)) = queue_node(cx) {
            let music = ringback::choose(&reach.ringback, cx);
            cx.play(music, true);
        }
    }

    fn claim_if_idle(mut self, cx: &mut Context) -> Next<Self> {
        if self.ringing.is_empty() && cx.state.open_claims.is_empty() {
            if cx.state.attempts.len() >= candidates::ATTEMPTS_MAX {
                return self.give_up("timeout", "too many attempts were made", cx);
            }
            self.claim_line(cx);
        }
        Next::Stay(self)
    }

    /// Claims a line of any agent on duty. The caller keeps its rank, however often it claims.
    fn claim_line(&mut self, cx: &mut Context) {
        let Some((node, reach)) = queue_node(cx) else { return };
        let (priority, since) = (cx.state.priority, cx.state.search.since);
        let turn = QueueRank { priority, since, length_max: node.length_max };
        candidates::claim_line(&candidates::on_duty(reach, cx), Some(turn), reach, cx);
    }

    /// The caller has to wait: from here on the caller pays, where the business wants that, and hears the position or
    /// the music.
    fn on_waiting(&mut self, position: QueuePosition, cx: &mut Context) {
        let Some((node, reach)) = queue_node(cx) else { return };
        // Answer once for each announcement. The ACD may report again that the caller waits before the switch has
        // answered; the silence that an answer lays over the ringback would cover the sound that began after the first
        // report.
        let answers = node.answer && cx.state.answered.is_none() && self.announcement_due;
        if answers {
            let leg = cx.state.caller_leg.clone();
            cx.send(Action::Answer { leg });
        }
        if self.announce_position(position, cx) || self.is_announcing {
            return;
        }
        if answers {
            self.play_music(cx);
        } else {
            cx.play_continuously(ringback::choose(&reach.ringback, cx));
        }
    }

    /// Announces the position, and returns whether there was anything to announce.
    fn announce_position(&mut self, position: QueuePosition, cx: &mut Context) -> bool {
        let Some((node, _)) = queue_node(cx).filter(|_| std::mem::take(&mut self.announcement_due)) else {
            return false;
        };
        let ahead =
            node.say_position.then(|| cx.spoken(|speaker| speaker.queue_ahead(position.ahead.into())));
        let estimate = position.estimate.filter(|_| node.say_wait);
        let wait = estimate.and_then(|wait| cx.spoken(|speaker| speaker.estimated_wait(wait)));
        let parts = [ahead.flatten(), wait, node.notice.clone()];
        let Some(prompt) = Prompt::joined(parts.into_iter().flatten()) else { return false };
        self.is_announcing = true;
        cx.play(prompt, false);
        true
    }

    fn on_key(self, key: char, cx: &mut Context) -> Next<Self> {
        let Some((node, _)) = queue_node(cx) else { return Next::Stay(self) };
        if !self.ringing.is_empty() {
            return Next::Stay(self);
        }
        if node.call_back == Some(key) {
            return self.call_back(cx);
        }
        let name: Arc<str> = key.to_string().into();
        if cx.node().is_some_and(|node| node.exits.contains_key(&name)) {
            cx.abandon_claims();
            let reason = format!("the caller pressed {key}").into();
            return self.leave_queue(Transition::Exit { exit: Exit::Named(name), reason }, cx);
        }
        Next::Stay(self)
    }

    /// The claim for an agent stays open: the caller is called when the ACD grants it.
    fn call_back(mut self, cx: &mut Context) -> Next<Self> {
        if cx.call_back_dial().is_some() {
            return self.leave_queue(Transition::CallBack, cx);
        }
        if let Some(prompt) = cx.spoken(|_| vec![Piece::CallbackRefused]) {
            self.is_announcing = true;
            cx.play(prompt, false);
        }
        Next::Stay(self)
    }

    fn give_up(mut self, exit: &'static str, reason: &str, cx: &mut Context) -> Next<Self> {
        self.ringing.give_up_all(cx);
        cx.abandon_claims();
        record_all_busy(cx);
        self.leave_queue(Transition::Exit { exit: Exit::Fixed(exit), reason: reason.into() }, cx)
    }

    fn leave_queue(self, transition: Transition, cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Wait);
        cx.clear_timer(Timer::Position);
        self.caller_gone(cx);
        Next::Go(transition)
    }

    /// The caller left the queue: adds the time to the call record.
    pub(super) fn caller_gone(&self, cx: &mut Context) {
        let waited = cx.now.since(self.since);
        cx.state.record_fields.queued = Millis(cx.state.record_fields.queued.0 + waited.0);
    }
}

/// For a caller who waited in vain and for whom nobody was rung: records that all agents were busy.
fn record_all_busy(cx: &mut Context) {
    if let (Some((_, reach)), true) = (queue_node(cx), cx.state.attempts.is_empty()) {
        for agent_ix in candidates::on_duty(reach, cx) {
            cx.record_no_line(agent_ix);
        }
    }
}

fn queue_node<'a>(cx: &Context<'a>) -> Option<(&'a QueueNode, &'a Reach)> {
    if let NodeKind::Queue(node) = &cx.node()?.kind { Some((node, &node.reach)) } else { None }
}
