//! What outlives the process: the calls as they are kept in a file, and what is to be delivered because of them.

pub mod frames;
pub mod outbox;
pub mod snapshot;

pub use snapshot::{Kept, LiveCall, Turn};

use hotlined_core::time::Millis;

/// How long a turn may wait to be kept before it is done all the same: callers would hear the delay.
pub const KEEP_TIME_MAX: Millis = Millis(500);
