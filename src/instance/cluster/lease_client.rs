//! The connection by which the daemon asks Redis for leases.
//!
//! [`LeasePolicy`] decides what to ask and what follows from the replies. This client sends one request at a time. It
//! loads the saved calls of a switch before the event loop learns that the daemon has the lease, and knows until when
//! the daemon may write to each switch.

use crate::cluster::failure::{RedisFailure, Remedy};
use crate::cluster::lease_policy::{LeaseChange, LeasePolicy, LeaseRequest};
use crate::cluster::loaded_calls::LoadedSwitch;
use crate::cluster::redis_channel::{
    RedisChannelQuery, RedisChannelReply, RedisChannelRequest, unexpected_reply,
};
use crate::cluster::redis_op::Fence;
use crate::cluster::refusal_log::RefusalLog;
use crate::daemon_id::DaemonId;
use crate::health::Health;
use crate::metrics;
use crate::persist::outbox::DeliveryId;
use crate::persist::snapshot::PersistedState;
use crate::switch::lease_token::LeaseToken;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What the event loop learns about leases.
#[derive(Debug)]
pub(crate) enum LeaseEvent {
    /// The daemon is the active one of a switch from now on.
    Acquired {
        /// The lease.
        fence: Fence,
        /// What is said of that at the switch.
        claim: LeaseToken,
        /// The saved calls of the switch.
        loaded: Box<LoadedSwitch>,
    },
    /// Another daemon has the lease, or may have it: the daemon writes nothing more to the switch.
    Lost(SwitchId),
    /// Hand the switch over to another daemon.
    HandOver(SwitchId),
}

/// What the event loop tells the client.
#[derive(Debug)]
pub(crate) enum LeaseCommand {
    /// Everything is saved and the daemon does nothing more for the switch; or it cannot hand the switch over yet.
    HandedOver {
        /// The switch.
        switch: SwitchId,
        /// Whether everything is saved.
        is_saved: bool,
    },
    /// The switch does not let the daemon in.
    CannotServe(SwitchId),
    /// Another daemon has a token that goes before this lease's token.
    Superseded(Fence),
    /// The link to the switch has been down for a while.
    LinkDown(SwitchId),
    /// The daemon stops, and hands its switches over to daemons that can serve them.
    Stop,
    /// The daemon has stopped: give all leases up.
    GiveUpAll,
}

/// What the client does now.
#[derive(Debug)]
enum LeaseJob {
    Ask { request: LeaseRequest, asked: Instant, answer_by: Instant },
    Load { fence: Fence, until: Instant },
}

/// The client of the lease connection.
#[derive(Debug)]
pub(crate) struct LeaseClient {
    own_name: DaemonId,
    policy: LeasePolicy,
    lease_span: Millis,
    is_connected: bool,
    job: Option<LeaseJob>,
    /// Whether a request for the job is under way.
    is_waiting: bool,
    requests: VecDeque<LeaseRequest>,
    changes: VecDeque<LeaseChange>,
    commands: VecDeque<LeaseCommand>,
    events: VecDeque<LeaseEvent>,
    /// Until when the daemon may write to each switch whose lease it has.
    write_until: BTreeMap<SwitchId, Instant>,
    /// The switches whose lease another daemon with the same name has; each is logged once.
    name_conflicts: BTreeSet<SwitchId>,
    /// The switches for which the daemon waits to learn whether another daemon has the lease.
    suspended: BTreeSet<SwitchId>,
    has_given_up: bool,
    refusal_log: RefusalLog,
    health: Arc<Health>,
}

impl LeaseClient {
    /// A client for the daemon of this name, which can serve these switches. A lease lasts for `span`.
    pub(crate) fn new(
        now: Instant,
        own_name: DaemonId,
        span: Millis,
        switches: impl IntoIterator<Item = SwitchId>,
        health: Arc<Health>,
    ) -> Self {
        Self {
            policy: LeasePolicy::new(own_name.clone(), span, switches, now),
            own_name,
            lease_span: span,
            is_connected: false,
            job: None,
            is_waiting: false,
            requests: VecDeque::new(),
            changes: VecDeque::new(),
            commands: VecDeque::new(),
            events: VecDeque::new(),
            write_until: BTreeMap::new(),
            name_conflicts: BTreeSet::new(),
            suspended: BTreeSet::new(),
            has_given_up: false,
            refusal_log: RefusalLog::default(),
            health,
        }
    }

    /// Takes a command. From this moment on the daemon does not write to a switch that the command gives away.
    pub(crate) fn command(&mut self, command: LeaseCommand) {
        match &command {
            LeaseCommand::HandedOver { switch, is_saved: true } | LeaseCommand::CannotServe(switch) => {
                let switch = switch.clone();
                self.withdraw(&switch);
            }
            LeaseCommand::Superseded(fence) => {
                if self.write_until.contains_key(&fence.switch) {
                    metrics::LEASES_LOST.counter(&[&fence.switch.0]).increment(1);
                }
                let switch = fence.switch.clone();
                self.withdraw(&switch);
            }
            LeaseCommand::HandedOver { is_saved: false, .. }
            | LeaseCommand::LinkDown(_)
            | LeaseCommand::Stop
            | LeaseCommand::GiveUpAll => {}
        }
        self.commands.push_back(command);
    }

    /// Takes the next event out.
    pub(crate) fn take_event(&mut self) -> Option<LeaseEvent> {
        self.events.pop_front()
    }

    /// Until when the daemon may write to each switch.
    pub(crate) fn write_until(&self) -> &BTreeMap<SwitchId, Instant> {
        &self.write_until
    }

    /// Whether all leases are given up after [`LeaseCommand::GiveUpAll`].
    pub(crate) fn is_finished(&self) -> bool {
        self.has_given_up && self.job.is_none() && self.requests.is_empty()
    }

    /// When to call [`advance`](Self::advance).
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match (self.is_waiting, self.has_given_up) {
            (true, _) => None,
            (false, true) => (self.job.is_some() || !self.requests.is_empty()).then_some(Instant(0)),
            (false, false) => {
                let is_idle = self.job.is_none()
                    && self.requests.is_empty()
                    && self.changes.is_empty()
                    && self.commands.is_empty();
                Some(if is_idle { self.policy.deadline() } else { Instant(0) })
            }
        }
    }

    /// The next request, if there is one to send.
    pub(crate) fn advance(&mut self, now: Instant) -> Option<RedisChannelRequest> {
        while !self.is_waiting {
            if self.job.is_some() {
                return self.job_request(now);
            }
            if let Some(change) = self.changes.pop_front() {
                self.apply_change(change);
            } else if let Some(request) = self.requests.pop_front() {
                let answer_by = now + self.policy.reply_time_max(now);
                self.job = Some(LeaseJob::Ask { request, asked: now, answer_by });
            } else if let Some(command) = self.commands.pop_front() {
                self.apply_command(now, command);
            } else if !self.has_given_up && self.policy.deadline() <= now {
                let requests = self.policy.requests_due(now);
                self.requests.extend(requests);
            } else {
                return None;
            }
        }
        None
    }

    /// The request for the job. Without a connection it is the request to connect.
    fn job_request(&mut self, now: Instant) -> Option<RedisChannelRequest> {
        let job = self.job.as_ref()?;
        let half = Millis(self.lease_span.0 / 2);
        let request = match job {
            LeaseJob::Ask { answer_by, .. } if *answer_by <= now => {
                self.on_failure(now, &RedisFailure::TimedOut);
                return self.advance(now);
            }
            LeaseJob::Ask { answer_by, .. } if !self.is_connected => {
                // Limited also for requests whose reply nobody waits for: other leases have to be renewed.
                RedisChannelQuery::Connect.within(half.min(answer_by.since(now)))
            }
            LeaseJob::Load { .. } if !self.is_connected => RedisChannelQuery::Connect.within(half),
            LeaseJob::Ask { request, answer_by, .. } => {
                let presence = self.policy.presence(now);
                RedisChannelQuery::Lease(request.clone(), presence).within(answer_by.since(now))
            }
            LeaseJob::Load { fence, .. } => RedisChannelQuery::LoadSwitch(fence.clone()).without_time_limit(),
        };
        self.is_waiting = true;
        Some(request)
    }

    /// The request under way has a reply, or none.
    pub(crate) fn reply(&mut self, now: Instant, reply: Result<RedisChannelReply, RedisFailure>) {
        self.is_waiting = false;
        match (reply, &self.job) {
            (Ok(RedisChannelReply::Connected), _) if !self.is_connected => self.is_connected = true,
            (Ok(reply), Some(LeaseJob::Ask { .. })) => self.on_reply(now, reply),
            (Ok(RedisChannelReply::SwitchLoaded(loaded, done)), Some(LeaseJob::Load { .. })) => {
                self.on_loaded(*loaded, &done)
            }
            (Ok(reply), Some(LeaseJob::Load { .. }) | None) => {
                self.on_failure(now, &unexpected_reply(&reply))
            }
            (Err(failure), _) => self.on_failure(now, &failure),
        }
    }

    fn on_reply(&mut self, now: Instant, reply: RedisChannelReply) {
        let Some(LeaseJob::Ask { request, asked, .. }) = self.job.take() else { return };
        self.health.set_lease_error(None);
        let changes = match reply {
            RedisChannelReply::View(view) => {
                let (requests, changes) = self.policy.on_view(now, view);
                self.requests.extend(requests);
                changes
            }
            RedisChannelReply::Lease(taken) => self.policy.on_reply(asked, &request, &taken),
            RedisChannelReply::Connected
            | RedisChannelReply::OpReplies(_)
            | RedisChannelReply::InboxEnd(_)
            | RedisChannelReply::InboxEvents(..)
            | RedisChannelReply::LeaseGivenUp
            | RedisChannelReply::SwitchLoaded(..) => Vec::new(),
        };
        self.changes.extend(changes);
    }

    fn on_failure(&mut self, now: Instant, failure: &RedisFailure) {
        if failure.remedy() == Remedy::Reconnect {
            self.is_connected = false;
        }
        match self.job.take() {
            Some(LeaseJob::Ask { asked, .. }) => {
                self.health.set_lease_error(Some(failure.to_string()));
                match failure.remedy() {
                    // The ACD client logs it already.
                    Remedy::Reconnect => {}
                    Remedy::AskAgain | Remedy::Operator | Remedy::StandBy => {
                        self.refusal_log.log(now, failure)
                    }
                }
                // The other requests would wait for the same.
                self.requests.clear();
                self.changes.extend(self.policy.on_failure(asked, now, failure));
            }
            Some(LeaseJob::Load { fence, until }) => self.on_load_failed(now, fence, until, failure),
            None => {}
        }
    }

    /// If Redis replies but the calls cannot be read, no daemon can ever go on with them: the daemon becomes active
    /// without them, since new callers wait. If Redis is unavailable again, the daemon does not become active.
    fn on_load_failed(&mut self, now: Instant, fence: Fence, until: Instant, failure: &RedisFailure) {
        if matches!(failure.remedy(), Remedy::Reconnect | Remedy::StandBy) {
            tracing::warn!(switch = %fence.switch, %failure, "its calls cannot be taken up yet");
            // If the daemon still has the lease then, it takes it again once Redis is available.
            self.policy.end_lease(now, &fence.switch, true);
            return;
        }
        let losses = vec![format!("everything that is kept of {}: {failure}", fence.switch)];
        let kept = PersistedState { losses, ..PersistedState::default() };
        let switch = fence.switch.clone();
        self.become_active(
            fence,
            until,
            LoadedSwitch { switch, kept, calls: BTreeMap::new(), ended: Vec::new() },
        );
    }

    fn on_loaded(&mut self, mut loaded: LoadedSwitch, done: &BTreeSet<DeliveryId>) {
        let Some(LeaseJob::Load { fence, until }) = self.job.take() else { return };
        loaded.leave_out(done);
        self.become_active(fence, until, loaded);
    }

    fn become_active(&mut self, fence: Fence, until: Instant, loaded: LoadedSwitch) {
        let switch = &fence.switch;
        metrics::LEASE_HELD.gauge(&[&switch.0]).set(1.0);
        metrics::LEASES_TAKEN.counter(&[&switch.0]).increment(1);
        self.write_until.insert(switch.clone(), until);
        let claim = LeaseToken::new(self.own_name.as_str(), fence.token);
        self.events.push_back(LeaseEvent::Acquired { fence, claim, loaded: Box::new(loaded) });
    }

    fn apply_command(&mut self, now: Instant, command: LeaseCommand) {
        let requests = match command {
            LeaseCommand::HandedOver { switch, is_saved: kept } => self.policy.end_lease(now, &switch, kept),
            LeaseCommand::Superseded(fence) => self.policy.superseded(now, &fence),
            LeaseCommand::CannotServe(switch) => self.policy.cannot_serve(now, &switch),
            LeaseCommand::LinkDown(switch) => {
                self.changes.extend(self.policy.link_down(&switch));
                Vec::new()
            }
            LeaseCommand::Stop => {
                self.policy.stop(now);
                Vec::new()
            }
            LeaseCommand::GiveUpAll => {
                self.has_given_up = true;
                let active: Vec<SwitchId> = self.policy.active_switches().cloned().collect();
                active.iter().flat_map(|switch| self.policy.end_lease(now, switch, true)).collect()
            }
        };
        self.requests.extend(requests);
    }

    fn apply_change(&mut self, change: LeaseChange) {
        match change {
            LeaseChange::Acquired { fence, until } => self.job = Some(LeaseJob::Load { fence, until }),
            LeaseChange::Extended { switch, until } => {
                if self.suspended.remove(&switch) {
                    tracing::info!(%switch, "nobody else acts: we go on");
                }
                self.extend(&switch, until);
            }
            LeaseChange::ExtendedUnconfirmed { switch, until } => {
                tracing::warn!(%switch, "nobody can say who acts: we go on, since we did so last");
                self.extend(&switch, until);
            }
            LeaseChange::Suspended { switch } => {
                tracing::warn!(%switch, "another daemon may act by now: we wait to hear of it");
                self.suspended.insert(switch);
            }
            LeaseChange::Lost { switch } => {
                self.withdraw(&switch);
                metrics::LEASES_LOST.counter(&[&switch.0]).increment(1);
                self.events.push_back(LeaseEvent::Lost(switch));
            }
            LeaseChange::NameConflict { switch } => {
                if self.name_conflicts.insert(switch.clone()) {
                    let name = &self.own_name;
                    tracing::error!(%switch, %name, "another daemon of this name acts: see [redis] daemon");
                }
            }
            LeaseChange::HandOver { switch } => self.events.push_back(LeaseEvent::HandOver(switch)),
        }
    }

    /// A late reply does not bring a switch back that was given up.
    fn extend(&mut self, switch: &SwitchId, until: Instant) {
        if let Some(permit) = self.write_until.get_mut(switch) {
            *permit = until;
        }
    }

    fn withdraw(&mut self, switch: &SwitchId) {
        metrics::LEASE_HELD.gauge(&[&switch.0]).set(0.0);
        self.suspended.remove(switch);
        self.write_until.remove(switch);
    }
}
