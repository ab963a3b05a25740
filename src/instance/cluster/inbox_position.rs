//! How far a daemon has read its inbox in Redis.

/// A place in an inbox: behind the answer of this number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct InboxPosition(pub u64, pub u64);
