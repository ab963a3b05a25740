//! The caller left the queue to be called back: it hangs up, keeps its turn, and is called when an agent is free
//! for it.

use super::attempt::Nth;
use super::env::{Context, SWITCH_RING_SPARE};
use super::seeded;
use super::timer::Timer;
use super::transition::{AgentNews, CallerNews, Door, Happening, Next};
use crate::command::{Action, Note};
use crate::event::Cause;
use crate::phrases::Piece;
use crate::prompt::{Prompt, Tone};
use crate::record::{AttemptOutcome, CallBackRecord, EndedBy, Outcome};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long after its wish a caller may still be called back.
const CALL_BACK_TIME_MAX: Millis = Millis::seconds(2 * 3600);
/// How long a caller who is called back is rung.
const RING_TIME: Millis = Millis::seconds(45);
/// How long the caller's leg may take from being answered to doing what it is told.
const READY_TIME_MAX: Millis = Millis::seconds(3);
/// How long the words before hanging up, and before being connected, may take.
const WORDS_TIME_MAX: Millis = Millis::seconds(30);
/// The place of the caller's new leg among the legs whose names come from the call's seed.
const LEG_PLACE: Nth = 1 << 20;

/// How far it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CallBack {
    phase: Phase,
    /// The attempt that holds the agent's line.
    nth: Option<Nth>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    /// The caller is told that somebody will call.
    Promising,
    /// The caller is gone, or about to be, and has its turn.
    Waiting,
    /// The caller is called, by the command of this number.
    Calling(u32),
    /// The caller took the call and is told who calls.
    Greeting,
}

impl CallBack {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let asked = cx.now;
        cx.facts.findings.call_back = Some(CallBackRecord { asked, called: None, answered: None });
        cx.note(Note::CallBack);
        let number = cx.number();
        let prompt = cx.say(|speaker| speaker.callback_noted(number.digits()));
        cx.play(prompt.unwrap_or(Prompt::Tone(Tone::Busy)), false);
        cx.set(Timer::Announcement, WORDS_TIME_MAX);
        cx.set(Timer::Wait, CALL_BACK_TIME_MAX);
        Next::Stay(Self { phase: Phase::Promising, nth: None })
    }

    /// Whether this stage knows what it means that the caller's leg ends.
    pub(super) fn expects_hang_up(&self) -> bool {
        matches!(self.phase, Phase::Promising | Phase::Waiting | Phase::Calling(_))
    }

    /// Whether the caller hung up and has not been reached again.
    pub(super) fn caller_is_away(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Calling(_))
    }

    pub(super) fn on(mut self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match (happening, self.phase) {
            (Happening::SoundEnded | Happening::Due(Timer::Announcement), Phase::Promising) => {
                self.hang_up(cx);
                Next::Stay(self)
            }
            (Happening::Caller(CallerNews::Gone), Phase::Promising | Phase::Waiting) => {
                self.phase = Phase::Waiting;
                cx.facts.sound = None;
                cx.clear(Timer::Fallback);
                cx.clear(Timer::Announcement);
                cx.clear(Timer::Ending);
                self.or_call(cx)
            }
            (Happening::Agent(nth, AgentNews::Claimed), _) => {
                self.nth = Some(nth);
                self.or_call(cx)
            }
            (Happening::Caller(CallerNews::Answered), Phase::Calling(_)) => {
                cx.set(Timer::Ring, READY_TIME_MAX);
                Next::Stay(self)
            }
            (Happening::Caller(CallerNews::Parked), Phase::Calling(_)) => {
                self.greet(cx);
                Next::Stay(self)
            }
            (Happening::SoundEnded | Happening::Due(Timer::Announcement), Phase::Greeting) => {
                cx.clear(Timer::Announcement);
                match self.nth {
                    Some(nth) => Next::Go(Door::Serve { nth }),
                    None => Next::Go(Door::GoOn),
                }
            }
            (Happening::Done(command, false), Phase::Calling(ring)) if command == ring => {
                cx.facts.gone = Some(cx.now);
                self.in_vain(cx)
            }
            (Happening::Caller(CallerNews::Gone) | Happening::Due(Timer::Ring), Phase::Calling(_)) => {
                self.in_vain(cx)
            }
            (Happening::Due(Timer::Wait), _) => self.in_vain(cx),
            (Happening::Due(Timer::Ending), Phase::Waiting) if cx.facts.gone.is_none() => {
                self.hang_up(cx);
                Next::Stay(self)
            }
            (Happening::Relinked, Phase::Promising | Phase::Greeting) => {
                cx.keep_fallback();
                cx.play_again();
                Next::Stay(self)
            }
            (
                Happening::Store(..)
                | Happening::Agent(..)
                | Happening::Caller(_)
                | Happening::Done(..)
                | Happening::SoundEnded
                | Happening::Relinked
                | Happening::Due(_),
                _,
            ) => Next::Stay(self),
        }
    }

    fn hang_up(&mut self, cx: &mut Context) {
        self.phase = Phase::Waiting;
        cx.clear(Timer::Announcement);
        cx.cancel_fallback();
        cx.facts.sound = None;
        let leg = cx.facts.leg.clone();
        cx.facts.hang_up = Some(cx.order(Action::HangUp { leg, cause: Cause::Normal }));
        cx.set(Timer::Ending, super::env::ENDING_RETRY);
    }

    /// Calls, once the caller is gone and an agent is there for it.
    fn or_call(mut self, cx: &mut Context) -> Next<Self> {
        let (Some(_), Some(_), Phase::Waiting) = (self.nth, cx.facts.gone, self.phase) else {
            return Next::Stay(self);
        };
        let (Some(dial), Some(hotline)) = (cx.call_back_dial(), cx.hotline) else { return self.in_vain(cx) };
        let leg = seeded::leg(cx.facts.seed, LEG_PLACE);
        cx.facts.former_leg = Some(std::mem::replace(&mut cx.facts.leg, leg.clone()));
        (cx.facts.gone, cx.facts.hang_up) = (None, None);
        let ring = cx.order(Action::Ring {
            leg,
            call: cx.facts.id.clone(),
            dial,
            ring_time: Millis(RING_TIME.0 + SWITCH_RING_SPARE.0),
            shown: hotline.number.clone(),
        });
        if let Some(record) = &mut cx.facts.findings.call_back {
            record.called = Some(cx.now);
        }
        cx.set(Timer::Ring, RING_TIME);
        self.phase = Phase::Calling(ring);
        Next::Stay(self)
    }

    fn greet(&mut self, cx: &mut Context) {
        cx.clear(Timer::Ring);
        self.phase = Phase::Greeting;
        if let Some(record) = &mut cx.facts.findings.call_back {
            record.answered = Some(cx.now);
        }
        let leg = cx.facts.leg.clone();
        cx.order(Action::Take { leg });
        cx.keep_fallback();
        let greeting = cx.say(|_| vec![Piece::CallbackGreeting]);
        cx.play(greeting.unwrap_or(Prompt::Tone(Tone::Beep)), false);
        cx.set(Timer::Announcement, WORDS_TIME_MAX);
    }

    fn in_vain(self, cx: &mut Context) -> Next<Self> {
        if let Some(nth) = self.nth {
            cx.end_attempt(nth, AttemptOutcome::CallerLeft, Cause::Cancelled);
        }
        cx.conclude(Outcome::Unanswered, EndedBy::Hotline, Cause::NoAnswer);
        Next::Go(Door::Ending { cause: Cause::NoAnswer })
    }
}
