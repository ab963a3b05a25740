//! The store within the process.

use crate::support::needs::Program;
pub use hotlined_core::acd::Acd as Backing;

/// What a test of this store needs of the machine.
pub const NEEDS: &[Program] = &[];

/// How many random stories are told.
pub const CASES: u32 = 300;

/// How often a story that fails is made shorter.
pub const SHRINKS: u32 = 20_000;
