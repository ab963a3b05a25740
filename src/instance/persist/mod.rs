//! What outlives the process: the calls as they are kept in a file, and what is to be delivered because of them.

pub(crate) mod file_persistence;
pub mod frames;
pub mod limits;
pub mod outbox;
pub mod snapshot;

pub use snapshot::{LiveCall, PersistedState, TurnChanges};
