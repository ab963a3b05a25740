//! The decision core.
pub mod record;
