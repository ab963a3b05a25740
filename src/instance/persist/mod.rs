//! What outlives the process: the saved calls, and the deliveries that calls caused.

pub mod delivery_kind;
pub(crate) mod file_persistence;
pub mod frames;
pub mod limits;
pub mod outbox;
pub mod snapshot;

pub use snapshot::{LiveCall, PersistedState, TurnChanges};
