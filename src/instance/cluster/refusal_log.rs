//! What Redis refuses, logged once for each kind of reason in a while: it refuses every call for the same.

use crate::cluster::failure::RedisFailure;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How long until the same kind of refusal is logged again.
const REFUSAL_EVERY: Millis = Millis::seconds(60);

/// What was logged, and when.
#[derive(Debug, Default)]
pub(crate) struct RefusalLog {
    logged: BTreeMap<&'static str, Instant>,
}

impl RefusalLog {
    /// Redis refused something.
    pub(crate) fn tell(&mut self, now: Instant, failure: &RedisFailure) {
        if self.logged.get(failure.kind()).is_some_and(|logged| now.since(*logged) < REFUSAL_EVERY) {
            return;
        }
        self.logged.insert(failure.kind(), now);
        if failure.needs_operator() {
            tracing::error!(%failure, "Redis does not do what it is asked until somebody sees to it");
        } else {
            tracing::warn!(%failure, "Redis did not do what it was asked");
        }
    }
}
