//! The caller left the queue to be called back: the caller hangs up, keeps the rank in the queue, and is called when
//! an agent is free. When the caller answers, the agent is rung.

use super::attempt::AttemptIx;
use super::context::{Context, SWITCH_RING_SPARE};
use super::seeded_random;
use super::timer::Timer;
use super::transition::{AgentEvent, CallerEvent, Next, StageEvent, Transition};
use crate::command::{Action, Note};
use crate::event::Cause;
use crate::phrases::Piece;
use crate::prompt::{Prompt, Tone};
use crate::record::{AttemptOutcome, CallBackRecord, EndedBy, Outcome};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long after the request a caller may be called back.
const CALL_BACK_TIME_MAX: Millis = Millis::seconds(2 * 3600);
/// How long a caller who is called back is rung.
const RING_TIME: Millis = Millis::seconds(45);
/// How long the caller's leg may take from the answer to being parked.
const READY_TIME_MAX: Millis = Millis::seconds(3);
/// How long the announcement before the hang-up, and the greeting after the answer, may take.
const ANNOUNCEMENT_TIME_MAX: Millis = Millis::seconds(30);
/// The number of the random draw that names the caller's new leg. No attempt has such a number.
const LEG_DRAW: AttemptIx = 1 << 20;

/// A call back, from the request to the caller's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CallBack {
    phase: CallBackPhase,
    /// The attempt that holds the agent's line.
    #[serde(rename = "nth")]
    attempt_ix: Option<AttemptIx>,
}

/// How far the call back got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CallBackPhase {
    /// The caller hears that the hotline will call back.
    #[serde(rename = "promising")]
    Confirming,
    /// The caller hung up, or is about to, and waits for an agent.
    Waiting,
    /// The caller is rung, by the command of this number.
    Calling(u32),
    /// The caller answered and hears who calls.
    Greeting,
}

impl CallBack {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let asked = cx.now;
        cx.state.record_fields.call_back = Some(CallBackRecord { asked, called: None, answered: None });
        cx.note(Note::CallBack);
        let number = cx.caller_number();
        let prompt = cx.spoken(|speaker| speaker.callback_noted(number.digits()));
        cx.play(prompt.unwrap_or(Prompt::Tone(Tone::Busy)), false);
        cx.set_timer(Timer::Announcement, ANNOUNCEMENT_TIME_MAX);
        cx.set_timer(Timer::Wait, CALL_BACK_TIME_MAX);
        Next::Stay(Self { phase: CallBackPhase::Confirming, attempt_ix: None })
    }

    /// Whether the stage itself handles the end of the caller's leg.
    pub(super) fn expects_hang_up(&self) -> bool {
        matches!(self.phase, CallBackPhase::Confirming | CallBackPhase::Waiting | CallBackPhase::Calling(_))
    }

    /// Whether the caller hung up and was not reached again yet.
    pub(super) fn caller_is_away(&self) -> bool {
        matches!(self.phase, CallBackPhase::Waiting | CallBackPhase::Calling(_))
    }

    pub(super) fn on(mut self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match (event, self.phase) {
            (StageEvent::SoundEnded | StageEvent::Due(Timer::Announcement), CallBackPhase::Confirming) => {
                self.hang_up(cx);
                Next::Stay(self)
            }
            (StageEvent::Caller(CallerEvent::Gone), CallBackPhase::Confirming | CallBackPhase::Waiting) => {
                self.phase = CallBackPhase::Waiting;
                cx.state.sound = None;
                cx.clear_timer(Timer::Fallback);
                cx.clear_timer(Timer::Announcement);
                cx.clear_timer(Timer::Ending);
                self.call_if_ready(cx)
            }
            (StageEvent::Agent(attempt_ix, AgentEvent::Claimed), _) => {
                self.attempt_ix = Some(attempt_ix);
                self.call_if_ready(cx)
            }
            (StageEvent::Caller(CallerEvent::Answered), CallBackPhase::Calling(_)) => {
                cx.set_timer(Timer::Ring, READY_TIME_MAX);
                Next::Stay(self)
            }
            (StageEvent::Caller(CallerEvent::Parked), CallBackPhase::Calling(_)) => {
                self.greet(cx);
                Next::Stay(self)
            }
            (StageEvent::SoundEnded | StageEvent::Due(Timer::Announcement), CallBackPhase::Greeting) => {
                cx.clear_timer(Timer::Announcement);
                match self.attempt_ix {
                    Some(attempt_ix) => Next::Go(Transition::ServeCallBack { attempt_ix }),
                    None => Next::Go(Transition::ResumeSearch),
                }
            }
            (StageEvent::CommandDone(command, false), CallBackPhase::Calling(ring)) if command == ring => {
                cx.state.caller_gone = Some(cx.now);
                self.give_up(cx)
            }
            (
                StageEvent::Caller(CallerEvent::Gone) | StageEvent::Due(Timer::Ring),
                CallBackPhase::Calling(_),
            ) => self.give_up(cx),
            (StageEvent::Due(Timer::Wait), _) => self.give_up(cx),
            (StageEvent::Due(Timer::Ending), CallBackPhase::Waiting) if cx.state.caller_gone.is_none() => {
                self.hang_up(cx);
                Next::Stay(self)
            }
            (StageEvent::LinkRestored, CallBackPhase::Confirming | CallBackPhase::Greeting) => {
                cx.keep_fallback();
                cx.replay();
                Next::Stay(self)
            }
            (
                StageEvent::Acd(..)
                | StageEvent::Agent(..)
                | StageEvent::Caller(_)
                | StageEvent::CommandDone(..)
                | StageEvent::SoundEnded
                | StageEvent::LinkRestored
                | StageEvent::Due(_),
                _,
            ) => Next::Stay(self),
        }
    }

    fn hang_up(&mut self, cx: &mut Context) {
        self.phase = CallBackPhase::Waiting;
        cx.clear_timer(Timer::Announcement);
        cx.cancel_fallback();
        cx.state.sound = None;
        let leg = cx.state.caller_leg.clone();
        cx.state.hang_up = Some(cx.send(Action::HangUp { leg, cause: Cause::Normal }));
        cx.set_timer(Timer::Ending, super::context::ENDING_RETRY);
    }

    /// Calls the caller, once the old leg is gone and an agent's line is held.
    fn call_if_ready(mut self, cx: &mut Context) -> Next<Self> {
        let (Some(_), Some(_), CallBackPhase::Waiting) = (self.attempt_ix, cx.state.caller_gone, self.phase)
        else {
            return Next::Stay(self);
        };
        let (Some(dial), Some(hotline)) = (cx.call_back_dial(), cx.hotline) else { return self.give_up(cx) };
        let leg = seeded_random::agent_leg_id(cx.state.seed, LEG_DRAW);
        cx.state.former_leg = Some(std::mem::replace(&mut cx.state.caller_leg, leg.clone()));
        (cx.state.caller_gone, cx.state.hang_up) = (None, None);
        let ring = cx.send(Action::Ring {
            leg,
            call: cx.state.id.clone(),
            dial,
            ring_time: Millis(RING_TIME.0 + SWITCH_RING_SPARE.0),
            shown: hotline.number.clone(),
        });
        if let Some(record) = &mut cx.state.record_fields.call_back {
            record.called = Some(cx.now);
        }
        cx.set_timer(Timer::Ring, RING_TIME);
        self.phase = CallBackPhase::Calling(ring);
        Next::Stay(self)
    }

    fn greet(&mut self, cx: &mut Context) {
        cx.clear_timer(Timer::Ring);
        self.phase = CallBackPhase::Greeting;
        if let Some(record) = &mut cx.state.record_fields.call_back {
            record.answered = Some(cx.now);
        }
        let leg = cx.state.caller_leg.clone();
        cx.send(Action::Take { leg });
        cx.keep_fallback();
        let greeting = cx.spoken(|_| vec![Piece::CallbackGreeting]);
        cx.play(greeting.unwrap_or(Prompt::Tone(Tone::Beep)), false);
        cx.set_timer(Timer::Announcement, ANNOUNCEMENT_TIME_MAX);
    }

    fn give_up(self, cx: &mut Context) -> Next<Self> {
        if let Some(attempt_ix) = self.attempt_ix {
            cx.end_attempt(attempt_ix, AttemptOutcome::CallerLeft, Cause::Cancelled);
        }
        cx.conclude(Outcome::Unanswered, EndedBy::Hotline, Cause::NoAnswer);
        Next::Go(Transition::Ending { cause: Cause::NoAnswer })
    }
}
