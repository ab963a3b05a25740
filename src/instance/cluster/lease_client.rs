//! The connection by which the daemon asks Redis for which switches it acts.
//!
//! What to ask, and what follows from the answers, is decided in [`LeasePolicy`]. Here its questions go out one at a time,
//! what is kept of a switch is loaded before the loop hears that the daemon acts for it, and it is known until when
//! the daemon may write to which switch.

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
use crate::switch::lease_token::Claim;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What the loop is told.
#[derive(Debug)]
pub(crate) enum LeaseEvent {
    /// The daemon acts for a switch from now on.
    Acquired {
        /// By what right.
        fence: Fence,
        /// What is said of that at the switch.
        claim: Claim,
        /// What is kept of its calls.
        loaded: Box<LoadedSwitch>,
    },
    /// Another daemon does, or may: nothing more is said to the switch.
    Lost(SwitchId),
    /// The switch is to be left to another daemon.
    HandOver(SwitchId),
}

/// What the loop says.
#[derive(Debug)]
pub(crate) enum LeaseCommand {
    /// Everything is kept, and nothing more is done for the switch; or it cannot be left yet.
    HandedOver {
        /// The switch.
        switch: SwitchId,
        /// Whether everything is kept.
        is_saved: bool,
    },
    /// The switch does not let the daemon in.
    CannotServe(SwitchId),
    /// Another daemon acts for the switch by a right that goes before this one.
    Superseded(Fence),
    /// The link to the switch has been down for a while.
    LinkDown(SwitchId),
    /// The daemon stops, and leaves its switches to others where there are any.
    Stop,
    /// The daemon has stopped: all leases are given up.
    GiveUpAll,
}

/// What is asked now.
#[derive(Debug)]
enum Job {
    LeaseRequest { question: LeaseRequest, asked: Instant, answer_by: Instant },
    Load { fence: Fence, until: Instant },
}

/// The client.
#[derive(Debug)]
pub(crate) struct LeaseClient {
    us: DaemonId,
    duty: LeasePolicy,
    span: Millis,
    is_connected: bool,
    job: Option<Job>,
    /// Whether a request is under way for it.
    is_waiting: bool,
    questions: VecDeque<LeaseRequest>,
    changes: VecDeque<LeaseChange>,
    commands: VecDeque<LeaseCommand>,
    events: VecDeque<LeaseEvent>,
    /// Until when the daemon may write to the switches that it acts for.
    write_until: BTreeMap<SwitchId, Instant>,
    /// The switches for which another daemon of our name acts, as was logged.
    doubled: BTreeSet<SwitchId>,
    /// Those for which we wait to hear whether another daemon acts.
    unsure: BTreeSet<SwitchId>,
    has_given_up: bool,
    refusals: RefusalLog,
    health: Arc<Health>,
}

impl LeaseClient {
    /// For this daemon, which could act for these switches. A lease lasts for so long.
    pub(crate) fn new(
        now: Instant,
        us: DaemonId,
        span: Millis,
        switches: impl IntoIterator<Item = SwitchId>,
        health: Arc<Health>,
    ) -> Self {
        Self {
            duty: LeasePolicy::new(us.clone(), span, switches, now),
            us,
            span,
            is_connected: false,
            job: None,
            is_waiting: false,
            questions: VecDeque::new(),
            changes: VecDeque::new(),
            commands: VecDeque::new(),
            events: VecDeque::new(),
            write_until: BTreeMap::new(),
            doubled: BTreeSet::new(),
            unsure: BTreeSet::new(),
            has_given_up: false,
            refusals: RefusalLog::default(),
            health,
        }
    }

    /// The loop says something. A switch that is not ours any more is not written to from this moment on.
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

    /// The next that the loop has not heard, without taking it.
    pub(crate) fn next_event(&self) -> Option<&LeaseEvent> {
        self.events.front()
    }

    /// Takes it.
    pub(crate) fn take_event(&mut self) -> Option<LeaseEvent> {
        self.events.pop_front()
    }

    /// Until when the daemon may write to which switch.
    pub(crate) fn write_until(&self) -> &BTreeMap<SwitchId, Instant> {
        &self.write_until
    }

    /// Whether every lease was given up, as was commanded.
    pub(crate) fn is_finished(&self) -> bool {
        self.has_given_up && self.job.is_none() && self.questions.is_empty()
    }

    /// When [`advance`](Self::advance) is wanted.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match (self.is_waiting, self.has_given_up) {
            (true, _) => None,
            (false, true) => (self.job.is_some() || !self.questions.is_empty()).then_some(Instant(0)),
            (false, false) => {
                let is_idle = self.job.is_none()
                    && self.questions.is_empty()
                    && self.changes.is_empty()
                    && self.commands.is_empty();
                Some(if is_idle { self.duty.deadline() } else { Instant(0) })
            }
        }
    }

    /// Gives the next request.
    pub(crate) fn advance(&mut self, now: Instant) -> Option<RedisChannelRequest> {
        while !self.is_waiting {
            if self.job.is_some() {
                return self.request(now);
            }
            if let Some(change) = self.changes.pop_front() {
                self.change(change);
            } else if let Some(question) = self.questions.pop_front() {
                let answer_by = now + self.duty.patience(now);
                self.job = Some(Job::LeaseRequest { question, asked: now, answer_by });
            } else if let Some(command) = self.commands.pop_front() {
                self.obey(now, command);
            } else if !self.has_given_up && self.duty.deadline() <= now {
                let questions = self.duty.questions(now);
                self.questions.extend(questions);
            } else {
                return None;
            }
        }
        None
    }

    /// The request for what is to be asked now: a connection first.
    fn request(&mut self, now: Instant) -> Option<RedisChannelRequest> {
        let job = self.job.as_ref()?;
        let half = Millis(self.span.0 / 2);
        let request = match job {
            Job::LeaseRequest { answer_by, .. } if *answer_by <= now => {
                self.failed(now, &RedisFailure::TimedOut);
                return self.advance(now);
            }
            Job::LeaseRequest { answer_by, .. } if !self.is_connected => {
                // Also where nobody waits for an answer: others have leases to renew.
                RedisChannelQuery::Connect.within(half.min(answer_by.since(now)))
            }
            Job::Load { .. } if !self.is_connected => RedisChannelQuery::Connect.within(half),
            Job::LeaseRequest { question, answer_by, .. } => {
                let presence = self.duty.presence(now);
                RedisChannelQuery::Lease(question.clone(), presence).within(answer_by.since(now))
            }
            Job::Load { fence, .. } => RedisChannelQuery::LoadSwitch(fence.clone()).without_time_limit(),
        };
        self.is_waiting = true;
        Some(request)
    }

    /// The request under way is answered, or is not.
    pub(crate) fn reply(&mut self, now: Instant, reply: Result<RedisChannelReply, RedisFailure>) {
        self.is_waiting = false;
        match (reply, &self.job) {
            (Ok(RedisChannelReply::Connected), _) if !self.is_connected => self.is_connected = true,
            (Ok(reply), Some(Job::LeaseRequest { .. })) => self.answered(now, reply),
            (Ok(RedisChannelReply::SwitchLoaded(loaded, done)), Some(Job::Load { .. })) => {
                self.loaded(*loaded, &done)
            }
            (Ok(reply), Some(Job::Load { .. }) | None) => self.failed(now, &unexpected_reply(&reply)),
            (Err(failure), _) => self.failed(now, &failure),
        }
    }

    fn answered(&mut self, now: Instant, reply: RedisChannelReply) {
        let Some(Job::LeaseRequest { question, asked, .. }) = self.job.take() else { return };
        self.health.leases(None);
        let changes = match reply {
            RedisChannelReply::View(view) => {
                let (questions, changes) = self.duty.saw(now, view);
                self.questions.extend(questions);
                changes
            }
            RedisChannelReply::Lease(taken) => self.duty.asked(asked, &question, &taken),
            RedisChannelReply::Connected
            | RedisChannelReply::OpReplies(_)
            | RedisChannelReply::InboxEnd(_)
            | RedisChannelReply::InboxEvents(..)
            | RedisChannelReply::LeaseGivenUp
            | RedisChannelReply::SwitchLoaded(..) => Vec::new(),
        };
        self.changes.extend(changes);
    }

    fn failed(&mut self, now: Instant, failure: &RedisFailure) {
        if failure.remedy() == Remedy::Reconnect {
            self.is_connected = false;
        }
        match self.job.take() {
            Some(Job::LeaseRequest { asked, .. }) => {
                self.health.leases(Some(failure.to_string()));
                match failure.remedy() {
                    // The client of the store logs it, too.
                    Remedy::Reconnect => {}
                    Remedy::AskAgain | Remedy::Operator | Remedy::StandBy => self.refusals.tell(now, failure),
                }
                // What is asked besides would wait for the same.
                self.questions.clear();
                self.changes.extend(self.duty.failed(asked, now, failure));
            }
            Some(Job::Load { fence, until }) => self.not_loaded(now, fence, until, failure),
            None => {}
        }
    }

    /// Of what cannot be read nobody can go on with anything: new callers wait. But where Redis is away again, the
    /// daemon does not begin.
    fn not_loaded(&mut self, now: Instant, fence: Fence, until: Instant, failure: &RedisFailure) {
        if matches!(failure.remedy(), Remedy::Reconnect | Remedy::StandBy) {
            tracing::warn!(switch = %fence.switch, %failure, "its calls cannot be taken up yet");
            // If the lease is ours still, it is taken again when Redis is back.
            self.duty.left(now, &fence.switch, true);
            return;
        }
        let losses = vec![format!("everything that is kept of {}: {failure}", fence.switch)];
        let kept = PersistedState { losses, ..PersistedState::default() };
        let switch = fence.switch.clone();
        self.begin(fence, until, LoadedSwitch { switch, kept, calls: BTreeMap::new(), ended: Vec::new() });
    }

    fn loaded(&mut self, mut loaded: LoadedSwitch, done: &BTreeSet<DeliveryId>) {
        let Some(Job::Load { fence, until }) = self.job.take() else { return };
        loaded.leave_out(done);
        self.begin(fence, until, loaded);
    }

    fn begin(&mut self, fence: Fence, until: Instant, loaded: LoadedSwitch) {
        let switch = &fence.switch;
        metrics::LEASE_HELD.gauge(&[&switch.0]).set(1.0);
        metrics::LEASES_TAKEN.counter(&[&switch.0]).increment(1);
        self.write_until.insert(switch.clone(), until);
        let claim = Claim::new(self.us.as_str(), fence.token);
        self.events.push_back(LeaseEvent::Acquired { fence, claim, loaded: Box::new(loaded) });
    }

    fn obey(&mut self, now: Instant, command: LeaseCommand) {
        let questions = match command {
            LeaseCommand::HandedOver { switch, is_saved: kept } => self.duty.left(now, &switch, kept),
            LeaseCommand::Superseded(fence) => self.duty.superseded(now, &fence),
            LeaseCommand::CannotServe(switch) => self.duty.unable(now, &switch),
            LeaseCommand::LinkDown(switch) => {
                self.changes.extend(self.duty.unlinked(&switch));
                Vec::new()
            }
            LeaseCommand::Stop => {
                self.duty.leave(now);
                Vec::new()
            }
            LeaseCommand::GiveUpAll => {
                self.has_given_up = true;
                let acts: Vec<SwitchId> = self.duty.acts().cloned().collect();
                acts.iter().flat_map(|switch| self.duty.left(now, switch, true)).collect()
            }
        };
        self.questions.extend(questions);
    }

    fn change(&mut self, change: LeaseChange) {
        match change {
            LeaseChange::Acquired { fence, until } => self.job = Some(Job::Load { fence, until }),
            LeaseChange::Extended { switch, until } => {
                if self.unsure.remove(&switch) {
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
                self.unsure.insert(switch);
            }
            LeaseChange::Lost { switch } => {
                self.withdraw(&switch);
                metrics::LEASES_LOST.counter(&[&switch.0]).increment(1);
                self.events.push_back(LeaseEvent::Lost(switch));
            }
            LeaseChange::NameConflict { switch } => {
                if self.doubled.insert(switch.clone()) {
                    let name = &self.us;
                    tracing::error!(%switch, %name, "another daemon of this name acts: see [redis] daemon");
                }
            }
            LeaseChange::HandOver { switch } => self.events.push_back(LeaseEvent::HandOver(switch)),
        }
    }

    /// A switch that was given up is not ours again by an answer that comes late.
    fn extend(&mut self, switch: &SwitchId, until: Instant) {
        if let Some(permit) = self.write_until.get_mut(switch) {
            *permit = until;
        }
    }

    fn withdraw(&mut self, switch: &SwitchId) {
        metrics::LEASE_HELD.gauge(&[&switch.0]).set(0.0);
        self.unsure.remove(switch);
        self.write_until.remove(switch);
    }
}
