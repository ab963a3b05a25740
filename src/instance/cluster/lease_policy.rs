//! Which switches this daemon serves, of those that several daemons could serve.
//!
//! For each switch one daemon is active: the one that holds the switch's lease. Each daemon announces itself all the
//! time, and sees which other daemons are there and which of them holds which lease.
//!
//! - A free switch goes to the daemon that holds the fewest leases. If that daemon does not take it, any daemon does.
//! - A daemon that holds at least two leases more than another one hands a switch over to it, once the other daemon has
//!   been there for a while. So switches move when a daemon dies, and move back one after the other when it returns.
//! - A daemon renews its leases in time, and stays active until a lease ends. If Redis does not reply by then, the
//!   daemon stays active all the same: it was the last one with the right to, and callers wait.
//! - This holds only while the daemon keeps asking. A daemon that was paused does not know whether Redis gave the lease
//!   to another daemon meanwhile. It is silent until Redis replies, and waits for the reply like a daemon that has just
//!   started.
//! - Operations that were done without Redis go to Redis later. If Redis gave the lease to another daemon meanwhile,
//!   the
//!   later daemon has the higher token. Redis refuses operations with a lower token, and each daemon announces its
//!   token at the switch itself, where the other daemon sees it ([`LeasePolicy::superseded`]).
//! - So a daemon that connects to Redis, for the first time or again, takes no free switch for the span of a lease:
//!   Redis itself may have been unavailable, and the daemons that went on without it have to renew first.
//!
//! Pure: no clock, no connection. Time is this daemon's own clock and never goes back.

use super::failure::{RedisFailure, Remedy};
use super::redis_op::Fence;
use crate::cluster::lease_reply::LeaseReply;
use crate::daemon_id::DaemonId;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How many times within a lease's span the daemon announces itself and renews its leases.
const ANNOUNCES_A_SPAN: u64 = 4;
/// How long another daemon must have been there before it gets a switch handed over.
const NEW_FOR: Millis = Millis::seconds(10);
/// How long between two switches that the daemon hands over.
const HAND_OVER_EVERY: Millis = Millis::seconds(5);
/// How long the daemon leaves a switch to other daemons after the switch did not let it in.
const UNABLE_FOR: Millis = Millis::seconds(30);
/// How long the daemon leaves a switch to other daemons after its link to the switch was down.
const UNLINKED_FOR: Millis = Millis::seconds(5);
/// How long the daemon waits for a reply: at least and at most, as parts of a lease's span.
const REPLY_TIMES_A_SPAN: (u64, u64) = (8, 2);
/// How much later than the end of another daemon's lease this daemon looks, so that the lease has surely ended.
const LATER: Millis = Millis(5);

/// A request to Redis about leases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseRequest {
    /// Announce this daemon, and get the other daemons and the leases: [`LeasePolicy::on_view`].
    Announce,
    /// Take the lease of this switch: [`LeasePolicy::on_reply`].
    Acquire(SwitchId),
    /// Renew this lease for another span: [`LeasePolicy::on_reply`].
    Renew(Fence),
    /// Give this lease up, so that another daemon can take it at once.
    GiveUp(Fence),
}

/// What a daemon announces of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// The switches that the daemon can serve.
    pub can_serve: Vec<SwitchId>,
    /// The switches whose lease it holds.
    pub active_for: Vec<SwitchId>,
    /// How long the daemon has been running.
    pub up: Millis,
}

/// The other daemons and the leases, as Redis knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterView {
    /// Every other daemon that announced itself within the span of a lease.
    pub others: BTreeMap<DaemonId, Presence>,
    /// For each switch that this daemon can serve, the owner of the lease and how long it still lasts; `None` if the
    /// switch is free.
    pub leases: BTreeMap<SwitchId, Option<(String, Millis)>>,
}

/// What changes for this daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseChange {
    /// The daemon has the lease of a switch. It becomes active once it has loaded the saved calls.
    Acquired {
        /// The lease.
        fence: Fence,
        /// Until when the daemon may write to the switch.
        until: Instant,
    },
    /// The daemon may write to the switch for longer.
    Extended {
        /// The switch.
        switch: SwitchId,
        /// Until when.
        until: Instant,
    },
    /// Redis does not reply: the daemon may write to the switch for longer, since it held the lease last.
    ExtendedUnconfirmed {
        /// The switch.
        switch: SwitchId,
        /// Until when.
        until: Instant,
    },
    /// The lease has ended, and it is unknown whether another daemon has the next one: the daemon writes nothing to the
    /// switch until Redis replies.
    Suspended {
        /// The switch.
        switch: SwitchId,
    },
    /// Another daemon has the lease, or may have it.
    Lost {
        /// The switch.
        switch: SwitchId,
    },
    /// Another daemon with the same name has the lease.
    NameConflict {
        /// The switch.
        switch: SwitchId,
    },
    /// Hand the switch over to another daemon once everything about its calls is saved: [`LeasePolicy::end_lease`].
    HandOver {
        /// The switch.
        switch: SwitchId,
    },
}

/// Decides which leases this daemon takes, renews and gives up.
#[derive(Debug)]
pub struct LeasePolicy {
    own_name: DaemonId,
    lease_span: Millis,
    started_at: Instant,
    switches: BTreeMap<SwitchId, SwitchLease>,
    others: BTreeMap<DaemonId, Presence>,
    announce_at: Instant,
    /// When the daemon made its last requests.
    last_request_at: Instant,
    last_handover_at: Instant,
    /// Since when Redis has replied without a break.
    answered_since: Option<Instant>,
    is_stopping: bool,
}

#[derive(Debug, Default)]
struct SwitchLease {
    held: Option<HeldLease>,
    /// Since when the switch has been free, as far as this daemon saw.
    free_since: Option<Instant>,
    /// Before this time the daemon does not take the lease.
    not_before: Instant,
    /// Until then the daemon leaves the switch to other daemons, if any can serve it.
    yields_until: Instant,
    /// Whether this daemon had the lease and did not hand it over.
    was_held: bool,
}

#[derive(Clone, Debug)]
struct HeldLease {
    fence: Fence,
    until: Instant,
    renew_at: Instant,
    /// When the daemon made its last request to which Redis replied that the daemon has the lease, or did not reply.
    confirmed_at: Instant,
    /// Redis does not reply whether the daemon still has the lease.
    is_unconfirmed: bool,
    /// [`LeaseChange::Suspended`] was reported.
    is_suspended: bool,
    is_handing_over: bool,
    /// For how long the daemon leaves the switch to others after handing it over.
    yields_for: Millis,
}

impl LeasePolicy {
    /// The policy of a daemon that can serve these switches and has no lease yet.
    pub fn new(
        own_name: DaemonId,
        lease_span: Millis,
        switches: impl IntoIterator<Item = SwitchId>,
        now: Instant,
    ) -> Self {
        let switches = switches.into_iter().map(|switch| (switch, SwitchLease::default())).collect();
        Self {
            own_name,
            lease_span,
            started_at: now,
            switches,
            others: BTreeMap::new(),
            announce_at: now,
            last_request_at: now,
            last_handover_at: now,
            answered_since: None,
            is_stopping: false,
        }
    }

    /// What the daemon announces of itself now.
    pub fn presence(&self, now: Instant) -> Presence {
        let can_serve = if self.is_stopping { Vec::new() } else { self.switches.keys().cloned().collect() };
        let active_for = self.held_leases().map(|held| held.fence.switch.clone()).collect();
        Presence { can_serve, active_for, up: Millis(now.since(self.started_at).0) }
    }

    /// The switches whose lease this daemon holds.
    pub fn active_switches(&self) -> impl Iterator<Item = &SwitchId> {
        self.held_leases().map(|held| &held.fence.switch)
    }

    fn held_leases(&self) -> impl Iterator<Item = &HeldLease> {
        self.switches.values().filter_map(|post| post.held.as_ref())
    }

    /// When to call [`requests_due`](Self::requests_due).
    pub fn deadline(&self) -> Instant {
        self.held_leases().map(|held| held.renew_at).fold(self.announce_at, Instant::min)
    }

    /// How long the daemon waits for the reply to a request that it makes now. At the moment a lease ends the daemon
    /// must know that Redis does not reply.
    pub fn reply_time_max(&self, asked: Instant) -> Millis {
        let (least, most) =
            (self.lease_span.0 / REPLY_TIMES_A_SPAN.0, self.lease_span.0 / REPLY_TIMES_A_SPAN.1);
        let ends = self.held_leases().map(|held| held.until.since(asked).0).filter(|left| *left > 0);
        Millis(ends.min().map_or(most, |left| left.clamp(least, most)))
    }

    /// The requests to make now, one after the other.
    pub fn requests_due(&mut self, now: Instant) -> Vec<LeaseRequest> {
        let every = Millis(self.lease_span.0 / ANNOUNCES_A_SPAN);
        let mut requests = Vec::new();
        if now.since(std::mem::replace(&mut self.last_request_at, now)).0 >= self.lease_span.0 {
            // The daemon was paused: it does not know what became of Redis meanwhile.
            self.answered_since = None;
        }
        let replied_long = self.has_replied_long(now);
        for held in self.switches.values_mut().filter_map(|post| post.held.as_mut()) {
            if held.renew_at <= now {
                held.renew_at = match now + every {
                    next if now < held.until => next.min(held.until),
                    next => next,
                };
                let is_sure = now.since(held.confirmed_at).0 < self.lease_span.0;
                if is_sure || replied_long {
                    requests.push(LeaseRequest::Renew(held.fence.clone()));
                }
            }
        }
        if self.announce_at <= now {
            self.announce_at = now + every;
            requests.push(LeaseRequest::Announce);
        }
        requests
    }

    /// Whether Redis has replied for so long that every daemon that went on without Redis has renewed its leases.
    fn has_replied_long(&self, now: Instant) -> bool {
        self.answered_since.is_some_and(|since| now.since(since).0 >= self.lease_span.0)
    }

    /// Takes in the other daemons and the leases. Returns the requests to make because of them, and what changes.
    pub fn on_view(&mut self, now: Instant, view: ClusterView) -> (Vec<LeaseRequest>, Vec<LeaseChange>) {
        self.others = view.others;
        self.answered_since.get_or_insert(now);
        let replied_long = self.has_replied_long(now);
        let (mut requests, mut changes) = (Vec::new(), Vec::new());
        for (switch, lease) in view.leases {
            let Some(post) = self.switches.get_mut(&switch) else { continue };
            match &lease {
                _ if post.held.is_some() => continue,
                Some((owner, left)) if owner != self.own_name.as_str() => {
                    post.free_since = None;
                    // If the owner renews in time, its lease has more time left by then.
                    self.announce_at = self.announce_at.min(now + *left + LATER);
                    continue;
                }
                // This daemon does not hold the lease, and its name owns it: another daemon has the same name, though
                // names must differ.
                Some(_) if post.was_held => {
                    changes.push(LeaseChange::NameConflict { switch: switch.clone() });
                    continue;
                }
                // A lease that this daemon had before a restart is its own.
                Some(_) | None => {}
            }
            let since = *post.free_since.get_or_insert(now);
            let waited = now.since(since).0 >= self.lease_span.0 / 2;
            let yields = now < post.yields_until
                && self.others.values().any(|other| other.can_serve.contains(&switch));
            if now < post.not_before || yields || self.is_stopping {
                continue;
            }
            let is_own_still = lease.is_some();
            if is_own_still || (replied_long && (waited || self.is_next_for(&switch, &requests))) {
                requests.push(LeaseRequest::Acquire(switch));
            }
        }
        changes.extend(self.balance(now));
        changes.extend(self.newly_suspended(now));
        (requests, changes)
    }

    /// Whether no daemon that can serve the switch holds fewer leases than this one. `more` are the requests for leases
    /// that this daemon is about to make.
    fn is_next_for(&self, switch: &SwitchId, more: &[LeaseRequest]) -> bool {
        let own = (self.held_leases().count() + more.len(), &self.own_name);
        let mut others = self.others.iter().filter(|(_, other)| other.can_serve.contains(switch));
        others.all(|(name, other)| (other.active_for.len(), name) > own)
    }

    /// Hands one switch over to a daemon that holds fewer leases. A daemon that stops hands all switches over that
    /// another daemon can serve.
    fn balance(&mut self, now: Instant) -> Vec<LeaseChange> {
        let (is_stopping, own_count) = (self.is_stopping, self.held_leases().count());
        let is_early =
            now.since(self.last_handover_at) < HAND_OVER_EVERY || now.since(self.started_at) < NEW_FOR;
        let is_uneven = self.switches.values().any(|post| post.free_since.is_some() && post.held.is_none());
        if !is_stopping && (is_early || is_uneven) {
            return Vec::new();
        }
        let mut leave = Vec::new();
        for (switch, post) in self.switches.iter_mut().rev() {
            let Some(held) = post.held.as_mut().filter(|held| !held.is_handing_over && !held.is_unconfirmed)
            else {
                continue;
            };
            let can_serve = |other: &Presence| other.can_serve.contains(switch);
            let has_room = |other: &Presence| {
                other.up >= NEW_FOR && other.active_for.len() + 1 < own_count && can_serve(other)
            };
            let goes = match is_stopping {
                true => self.others.values().any(can_serve),
                false => leave.is_empty() && self.others.values().any(has_room),
            };
            if goes {
                held.is_handing_over = true;
                self.last_handover_at = now;
                leave.push(LeaseChange::HandOver { switch: switch.clone() });
            }
        }
        leave
    }

    /// Takes in the reply to a request for a lease. The lease's span counts from `asked`, when the daemon made the
    /// request.
    pub fn on_reply(
        &mut self,
        asked: Instant,
        request: &LeaseRequest,
        reply: &LeaseReply,
    ) -> Vec<LeaseChange> {
        let (switch, reply) = match (request, reply) {
            (LeaseRequest::Acquire(switch), reply) => (switch, reply),
            (LeaseRequest::Renew(fence), reply) => (&fence.switch, reply),
            (LeaseRequest::Announce | LeaseRequest::GiveUp(_), _) => return Vec::new(),
        };
        let (span, every) = (self.lease_span, Millis(self.lease_span.0 / ANNOUNCES_A_SPAN));
        let Some(post) = self.switches.get_mut(switch) else { return Vec::new() };
        match (reply, &mut post.held) {
            (LeaseReply::Granted(fence), None) if matches!(request, LeaseRequest::Acquire(_)) => {
                let until = asked + span;
                (post.free_since, post.was_held) = (None, true);
                post.held = Some(HeldLease {
                    fence: fence.clone(),
                    until,
                    renew_at: asked + every,
                    confirmed_at: asked,
                    is_unconfirmed: false,
                    is_suspended: false,
                    is_handing_over: false,
                    yields_for: span,
                });
                vec![LeaseChange::Acquired { fence: fence.clone(), until }]
            }
            (LeaseReply::Granted(fence), Some(held)) if held.fence == *fence => {
                (held.until, held.confirmed_at) = (asked + span, asked);
                (held.is_unconfirmed, held.is_suspended) = (false, false);
                vec![LeaseChange::Extended { switch: switch.clone(), until: held.until }]
            }
            (LeaseReply::Denied { .. }, Some(held))
                if *request == LeaseRequest::Renew(held.fence.clone()) =>
            {
                post.held = None;
                vec![LeaseChange::Lost { switch: switch.clone() }]
            }
            // The reply is too late to matter.
            (LeaseReply::Granted(_) | LeaseReply::Denied { .. }, _) => Vec::new(),
        }
    }

    /// A request that the daemon made at `asked` has no reply by now.
    pub fn on_failure(&mut self, asked: Instant, now: Instant, failure: &RedisFailure) -> Vec<LeaseChange> {
        if failure.remedy() == Remedy::StandBy {
            return Vec::new();
        }
        if failure.remedy() == Remedy::Reconnect {
            self.answered_since = None;
        }
        let mut changes = Vec::new();
        for held in self.switches.values_mut().filter_map(|post| post.held.as_mut()) {
            // After a whole span without a request, or with one request that took a span, another daemon may have the
            // lease.
            if asked.since(held.confirmed_at).0.max(now.since(asked).0) >= self.lease_span.0 {
                continue;
            }
            held.confirmed_at = asked;
            if !held.is_unconfirmed && now < held.until {
                continue;
            }
            let (switch, until) = (held.fence.switch.clone(), asked + self.lease_span);
            held.until = until;
            changes.push(match std::mem::replace(&mut held.is_unconfirmed, true) {
                true => LeaseChange::Extended { switch, until },
                false => LeaseChange::ExtendedUnconfirmed { switch, until },
            });
        }
        changes.extend(self.newly_suspended(now));
        changes
    }

    /// The switches whose lease has ended, if that was not reported yet.
    fn newly_suspended(&mut self, now: Instant) -> Vec<LeaseChange> {
        let held = self.switches.values_mut().filter_map(|post| post.held.as_mut());
        let waits = |held: &mut HeldLease| {
            let is_news = held.until <= now && !std::mem::replace(&mut held.is_suspended, true);
            is_news.then(|| LeaseChange::Suspended { switch: held.fence.switch.clone() })
        };
        held.filter_map(waits).collect()
    }

    /// The daemon is no longer active, and everything about the switch's calls is saved. If `is_saved` is false, the
    /// daemon cannot hand the switch over yet.
    pub fn end_lease(&mut self, now: Instant, switch: &SwitchId, is_saved: bool) -> Vec<LeaseRequest> {
        let Some(post) = self.switches.get_mut(switch) else { return Vec::new() };
        if !is_saved {
            if let Some(held) = &mut post.held {
                held.is_handing_over = false;
            }
            return Vec::new();
        }
        post.was_held = false;
        let Some(held) = post.held.take() else { return Vec::new() };
        post.yields_until = now + held.yields_for;
        vec![LeaseRequest::GiveUp(held.fence)]
    }

    /// The link to the switch has been down for a while: another daemon may have a better one.
    pub fn link_down(&mut self, switch: &SwitchId) -> Vec<LeaseChange> {
        let is_there = self.others.values().any(|other| other.can_serve.contains(switch));
        let held = self.switches.get_mut(switch).and_then(|post| post.held.as_mut());
        let Some(held) = held.filter(|held| is_there && !held.is_handing_over && !held.is_unconfirmed) else {
            return Vec::new();
        };
        (held.is_handing_over, held.yields_for) = (true, UNLINKED_FOR);
        vec![LeaseChange::HandOver { switch: switch.clone() }]
    }

    /// The switch shows that another daemon has a token that goes before this lease's token. The daemon gives this
    /// lease up at once, whatever is saved.
    pub fn superseded(&mut self, now: Instant, ours: &Fence) -> Vec<LeaseRequest> {
        let held = self.switches.get(&ours.switch).and_then(|post| post.held.as_ref());
        let is_held = held.is_some_and(|held| held.fence == *ours);
        if is_held { self.end_lease(now, &ours.switch, true) } else { Vec::new() }
    }

    /// The switch does not let this daemon in: the daemon leaves the switch to others for a while.
    pub fn cannot_serve(&mut self, now: Instant, switch: &SwitchId) -> Vec<LeaseRequest> {
        let requests = self.end_lease(now, switch, true);
        if let Some(post) = self.switches.get_mut(switch) {
            post.not_before = now + UNABLE_FOR;
        }
        requests
    }

    /// The daemon stops: it hands its switches over to daemons that can serve them.
    pub fn stop(&mut self, now: Instant) {
        self.is_stopping = true;
        self.announce_at = now;
    }
}

#[cfg(test)]
mod tests;
