//! The store within the process.

pub use hotlined_core::acd::Acd as Backing;

/// How many random stories are told.
pub const CASES: u32 = 300;

/// How often a story that fails is made shorter.
pub const SHRINKS: u32 = 20_000;
