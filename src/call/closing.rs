//! Nobody came: the caller hears the closing announcement, unanswered and so unbilled, and the call ends with
//! the cause that is nearest to the truth.

use super::context::Context;
use super::door::{Door, Happening, Next};
use super::timer::Timer;
use crate::event::Cause;
use crate::prompt::{Prompt, Tone};
use crate::record::{EndedBy, Outcome};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The longest a closing announcement may take.
const ANNOUNCEMENT_TIME_MAX: Millis = Millis::seconds(60);

/// What to tell the caller's side in the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Closing {
    cause: Cause,
}

impl Closing {
    pub(super) fn enter(cause: Cause, cx: &mut Context) -> Next<Self> {
        let prompt = cx.hotline.map_or(Prompt::Tone(Tone::Busy), |hotline| hotline.closing.clone());
        cx.play(prompt, false);
        cx.set(Timer::Announcement, ANNOUNCEMENT_TIME_MAX);
        Next::Stay(Self { cause })
    }

    pub(super) fn on(self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::SoundEnded | Happening::Due(Timer::Announcement) => {
                cx.clear(Timer::Announcement);
                cx.conclude(Outcome::Unanswered, EndedBy::Hotline, self.cause);
                Next::Go(Door::Ending { cause: self.cause })
            }
            Happening::Relinked => {
                cx.keep_fallback();
                cx.play_again();
                Next::Stay(self)
            }
            Happening::Line(..)
            | Happening::Agent(..)
            | Happening::Caller(_)
            | Happening::BridgeFailed(_)
            | Happening::Due(_) => Next::Stay(self),
        }
    }
}
