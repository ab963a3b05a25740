//! A place where a daemon can be: a machine with its clock and its disk, and a line to the switch.

use super::daemon::Daemon;
use super::keeping::Keeping;
use super::legacy::Legacy;
use super::line::Line;
use crate::id::CallId;
use crate::time::Instant;
use std::collections::BTreeSet;

/// A place, and who is there.
#[derive(Default)]
pub(super) struct Post {
    pub(super) daemon: Option<Daemon>,
    pub(super) line: Option<Line>,
    /// When the daemon notices that its line is cut, and when it then connects.
    pub(super) notices: Option<(Instant, Instant)>,
    /// Until when the daemon stands still.
    pub(super) paused_until: Option<Instant>,
    /// Since when it does, or did last.
    pub(super) paused_since: Instant,
    /// Since when the daemon hears at once what the switch tells, or from when on it will.
    pub(super) hears_from: Instant,
    /// Since when nothing came through the line that stands still now, or did last.
    pub(super) deaf_since: Instant,
    /// Since when whoever is here looks after callers.
    pub(super) serves_since: Option<Instant>,
    /// Until when nothing can be kept.
    pub(super) disk_full_until: Instant,
    /// Until when the daemon does not reach Redis, though others do.
    pub(super) cut_off_until: Instant,
    /// How far the machine's clock is ahead of ours, in milliseconds.
    pub(super) clock_ahead: i64,
    /// How far it was when a daemon last looked.
    pub(super) clock_told: i64,
    /// What the next daemon finds, where there is no Redis.
    pub(super) legacy: Legacy,
    /// The calls whose records are in the file here, where there is one.
    pub(super) file: BTreeSet<CallId>,
    /// The calls that any daemon here ever took.
    pub(super) taken: BTreeSet<CallId>,
    /// Since when the daemon is there.
    pub(super) started: Instant,
}

impl Post {
    /// Whether there is a daemon that does something.
    pub(super) fn is_awake(&self) -> bool {
        self.paused_until.is_none()
    }

    /// Whether whoever is here looks after callers now.
    pub(super) fn serves(&self, now: Instant) -> bool {
        let daemon = |daemon: &Daemon| daemon.linked_since.is_some() && daemon.may_speak(now);
        self.is_awake()
            && self.line.as_ref().is_some_and(|line| !line.dead)
            && self.daemon.as_ref().is_some_and(daemon)
    }

    /// Until when the daemon has heard what the switch told.
    pub(super) fn heard_until(&self, now: Instant) -> Instant {
        if now < self.hears_from { self.deaf_since.min(now) } else { now }
    }

    /// Whether a daemon here wrote the record of the call.
    pub(super) fn has_written(&self, call: &CallId) -> bool {
        self.file.contains(call)
            || self.daemon.as_ref().is_some_and(|daemon| daemon.records.contains_key(call))
    }

    /// When what the daemon said to Redis gets there, whether it is awake or not.
    pub(super) fn reaches(&self) -> Option<Instant> {
        match &self.daemon.as_ref()?.keeping {
            Keeping::File(_) => None,
            Keeping::Redis(shared) => shared.reaches(),
        }
    }
}
