//! How far a daemon has read its inbox in Redis.

/// A position in an inbox: behind the entry with this id. An id of a Redis stream has two numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct InboxPosition(pub u64, pub u64);
