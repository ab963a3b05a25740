//! Logs what Redis refuses, each kind of reason once a minute: Redis refuses the operations of every call for the same
//! reason.

use crate::cluster::failure::RedisFailure;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How long until the same kind of refusal is logged again.
const LOG_SAME_EVERY: Millis = Millis::seconds(60);

/// Which kinds were logged, and when.
#[derive(Debug, Default)]
pub(crate) struct RefusalLog {
    logged: BTreeMap<&'static str, Instant>,
}

impl RefusalLog {
    /// Logs that Redis refused an operation, unless the kind was logged lately.
    pub(crate) fn log(&mut self, now: Instant, failure: &RedisFailure) {
        if self.logged.get(failure.kind()).is_some_and(|logged| now.since(*logged) < LOG_SAME_EVERY) {
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
