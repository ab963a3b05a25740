//! The constants of a dry run that several of its files use.

use hotlined_core::time::Millis;

/// How long a command to the switch, or a report from it, is on its way unless a test says otherwise.
pub const TRANSIT: Millis = Millis(5);

/// The name of the only switch, as call records show it.
pub(super) const SWITCH: &str = "rehearsal";
