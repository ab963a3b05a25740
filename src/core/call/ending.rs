//! The result of the call is known: its last legs are hung up until none is left. Then the call record is written.

use super::context::{Context, ENDING_RETRY};
use super::timer::Timer;
use super::transition::{AgentEvent, CallerEvent, Next, StageEvent};
use crate::command::Action;
use crate::event::Cause;
use crate::record::AttemptOutcome;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The longest wait before a leg is hung up once more.
const RETRY_MAX: Millis = Millis::seconds(10);
/// How often a leg is hung up before the daemon believes that its end will never be reported: for three minutes,
/// longer than a telephone may ring at all, since the switch may make a leg after the order to hang it up.
const ENDING_TRIES_MAX: u32 = 20;

/// The stage while legs are hung up: the cause for the caller's leg, and the number of tries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ending {
    cause: Cause,
    tries: u32,
}

impl Ending {
    pub(super) fn enter(cause: Cause, cx: &mut Context) -> Next<Self> {
        cx.state.sound = None;
        cx.abandon_claims();
        cx.state.timers.clear_all();
        let agents_cause = if cx.state.talk.is_some() { Cause::Normal } else { Cause::Cancelled };
        for attempt_ix in 0..cx.state.attempts.len() {
            cx.end_attempt(attempt_ix, AttemptOutcome::CallerLeft, agents_cause);
        }
        let ending = Self { cause, tries: 1 };
        ending.hang_up_caller(cx);
        ending.finish_or_wait(cx)
    }

    pub(super) fn on(mut self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Agent(_, AgentEvent::Gone) | StageEvent::Caller(CallerEvent::Gone) => {
                self.finish_or_wait(cx)
            }
            // Link recovery has hung up the legs again already.
            StageEvent::LinkRestored => self.finish_or_wait(cx),
            StageEvent::Due(Timer::Ending) => {
                if self.tries >= ENDING_TRIES_MAX {
                    return Next::Finished;
                }
                self.tries += 1;
                cx.hang_up_attempts();
                self.hang_up_caller(cx);
                self.finish_or_wait(cx)
            }
            StageEvent::Acd(..)
            | StageEvent::Agent(..)
            | StageEvent::Caller(_)
            | StageEvent::CommandDone(..)
            | StageEvent::SoundEnded
            | StageEvent::Due(_) => Next::Stay(self),
        }
    }

    pub(super) fn hang_up_caller(&self, cx: &mut Context) {
        if cx.state.caller_gone.is_none() {
            let leg = cx.state.caller_leg.clone();
            cx.state.hang_up = Some(cx.send(Action::HangUp { leg, cause: self.cause }));
        }
    }

    fn finish_or_wait(self, cx: &mut Context) -> Next<Self> {
        if cx.state.caller_gone.is_some() && !cx.state.attempts.iter().any(|attempt| attempt.is_alive()) {
            return Next::Finished;
        }
        let wait = ENDING_RETRY.0 << self.tries.saturating_sub(1).min(ENDING_TRIES_MAX);
        cx.set_timer(Timer::Ending, Millis(wait).min(RETRY_MAX));
        Next::Stay(self)
    }
}
