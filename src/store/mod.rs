//! What must be remembered beside the calls themselves.
//!
//! Embedded for now: the lines in use live and die with the daemon, as do its calls.

mod lines;

pub use lines::Lines;
