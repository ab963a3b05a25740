//! The flow has no further way: the caller hears the closing announcement, and the call ends with the cause that fits
//! best. A call that was not answered stays unanswered, and is not billed.

use super::context::Context;
use super::timer::Timer;
use super::transition::{Next, StageEvent, Transition};
use crate::event::Cause;
use crate::hotline::access::{RefusalAction, RefusalReason};
use crate::hotline::flow::NodeKind;
use crate::prompt::{Prompt, Tone};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The longest time a closing announcement may take.
const CLOSING_TIME_MAX: Millis = Millis::seconds(60);

/// The stage while the closing announcement plays, with the cause for the caller's leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Closing {
    cause: Cause,
}

impl Closing {
    pub(super) fn enter(cause: Cause, cx: &mut Context) -> Next<Self> {
        let prompt = refusal(cx).or_else(|| cx.hotline.map(|hotline| hotline.closing.clone()));
        cx.play(prompt.unwrap_or(Prompt::Tone(Tone::Busy)), false);
        cx.set_timer(Timer::Announcement, CLOSING_TIME_MAX);
        Next::Stay(Self { cause })
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::SoundEnded | StageEvent::Due(Timer::Announcement) => {
                cx.clear_timer(Timer::Announcement);
                let cause = cx.conclude_by_flow(Some(self.cause));
                Next::Go(Transition::Ending { cause })
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

/// What a refused caller hears, where the rules have an announcement.
fn refusal(cx: &Context) -> Option<Prompt> {
    let refusal = if cx.state.record_fields.refused? == RefusalReason::Suspended {
        cx.hotline?.suspended.as_ref()
    } else if let NodeKind::Access(access) = &cx.node()?.kind {
        Some(&access.refusal)
    } else {
        None
    };
    match refusal? {
        RefusalAction::Announce(prompt) => Some(prompt.clone()),
        RefusalAction::Reject(_) => None,
    }
}
