//! A caller waits at the door: the hotline it dialled is looked up and the call taken, or refused where no
//! hotline has that number.

use super::context::Context;
use super::door::Door;
use crate::command::Action;
use crate::event::Cause;
use crate::record::{EndedBy, Outcome};

/// Where a caller's leg was found.
#[derive(Clone, Copy)]
pub(super) enum Found {
    /// It has just come: nobody had it before.
    AtTheDoor,
    /// It was waiting when the link came up: a daemon that died, or this one, may have had it.
    InTheList {
        /// The number of the link's connection.
        connection: u64,
    },
}

pub(super) fn admit(cx: &mut Context) -> Door {
    if cx.hotline.is_none() {
        cx.conclude(Outcome::UnknownHotline, EndedBy::Hotline, Cause::UnknownNumber);
        return Door::Ending { cause: Cause::UnknownNumber };
    }
    let leg = cx.facts.leg.clone();
    cx.order(Action::Take { leg });
    Door::Hunt
}
