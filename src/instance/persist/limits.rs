//! How long a turn waits until its changes are saved.

use hotlined_core::time::Millis;

/// How long a turn waits at most until its changes are saved. Then the turn's commands are carried out all the same,
/// because callers would hear a longer delay.
pub const PERSIST_TIME_MAX: Millis = Millis(500);
