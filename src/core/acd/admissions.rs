//! The number of live calls of each hotline, and how often a caller called a hotline lately.

use super::CALLS_KNOWN_MAX;
use super::expiring_map::ExpiringMap;
use crate::event::AcdReply;
use crate::id::CallId;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The most callers whose calls are remembered, over all hotlines. Beyond them, the caller whose entry expires first is
/// forgotten.
const RECENT_CALLERS_MAX: usize = 200_000;
/// The most remembered calls of one caller to one hotline. The reported count is never higher.
pub const RECENT_CALLS_MAX: usize = 1_000;
/// The most hotlines in which one call is counted at a time. A further hotline refuses the call.
pub const HOTLINES_PER_CALL_MAX: usize = 16;

/// The live calls of all hotlines, and the recent calls of all callers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Admissions {
    live: BTreeMap<Arc<str>, u32>,
    /// The hotlines in which each call is counted.
    calls: BTreeMap<CallId, Vec<CountedIn>>,
    /// When a caller called a hotline, the earliest call first.
    recent: ExpiringMap<(Arc<str>, Arc<str>), VecDeque<Instant>>,
}

/// The hotline, and how often the caller had called the hotline, if the call asked for that.
type CountedIn = (Arc<str>, Option<u32>);

impl Default for Admissions {
    fn default() -> Self {
        Self { live: BTreeMap::new(), calls: BTreeMap::new(), recent: ExpiringMap::new(RECENT_CALLERS_MAX) }
    }
}

impl Admissions {
    pub(super) fn admit(
        &mut self,
        now: Instant,
        call: &CallId,
        hotline: &Arc<str>,
        calls_max: Option<u32>,
        recent: Option<&(Arc<str>, Millis)>,
    ) -> AcdReply {
        let counted_in = self.calls.get(call).map_or(&[][..], Vec::as_slice);
        if let Some(at) = counted_in.iter().position(|(in_, _)| in_ == hotline) {
            // The first request asks for room; the access rules ask later how often the caller called.
            let known = counted_in[at].1;
            let count = |(caller, span): &(Arc<str>, Millis)| self.count(now, (caller, hotline), *span, true);
            let recent = known.or_else(|| recent.map(count));
            if let Some(counted_in) = self.calls.get_mut(call) {
                counted_in[at].1 = recent;
            }
            return AcdReply::Admitted { room: true, recent: recent.unwrap_or(0) };
        }
        let live = self.live.get(hotline).copied().unwrap_or(0);
        let known = !counted_in.is_empty() || self.calls.len() < CALLS_KNOWN_MAX;
        let room =
            calls_max.is_none_or(|most| live < most) && counted_in.len() < HOTLINES_PER_CALL_MAX && known;
        let recent = recent.map(|(caller, span)| self.count(now, (caller, hotline), *span, room));
        if room {
            self.live.insert(hotline.clone(), live + 1);
            self.calls.entry(call.clone()).or_default().push((hotline.clone(), recent));
        }
        AcdReply::Admitted { room, recent: recent.unwrap_or(0) }
    }

    /// How many calls the caller made within the span, including this call. This call is remembered if `keep` is set.
    fn count(
        &mut self,
        now: Instant,
        (caller, hotline): (&Arc<str>, &Arc<str>),
        span: Millis,
        keep: bool,
    ) -> u32 {
        let key = (caller.clone(), hotline.clone());
        let within = |at: &Instant| *at + span > now;
        if !keep {
            let before =
                self.recent.get(now, &key).map_or(0, |calls| calls.iter().filter(|at| within(at)).count());
            return u32::try_from(before + 1).unwrap_or(u32::MAX);
        }
        let mut calls = self.recent.take(now, &key).unwrap_or_default();
        while calls.len() >= RECENT_CALLS_MAX || calls.front().is_some_and(|at| !within(at)) {
            calls.pop_front();
        }
        calls.push_back(now);
        let count = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        self.recent.put(now, key, calls, now + span);
        count
    }

    pub(super) fn leave(&mut self, call: &CallId, hotline: &Arc<str>) {
        let Some(counted_in) = self.calls.get_mut(call) else { return };
        let before = counted_in.len();
        counted_in.retain(|(in_, _)| in_ != hotline);
        if counted_in.len() == before {
            return;
        }
        if counted_in.is_empty() {
            self.calls.remove(call);
        }
        self.count_out(hotline);
    }

    /// Removes a call that has ended. Returns in how many hotlines the call was still counted.
    pub(super) fn forget(&mut self, call: &CallId) -> usize {
        let left = self.calls.remove(call).unwrap_or_default();
        left.iter().for_each(|(hotline, _)| self.count_out(hotline));
        left.len()
    }

    fn count_out(&mut self, hotline: &Arc<str>) {
        match self.live.get_mut(hotline) {
            Some(live) if *live > 1 => *live -= 1,
            Some(_) | None => {
                self.live.remove(hotline);
            }
        }
    }
}
