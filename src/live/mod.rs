//! Live state outside the process: what a daemon leaves to the one that comes after it.

pub mod file;
mod kept;

pub use kept::{Kept, LiveCall, Turn};
