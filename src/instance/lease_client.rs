//! The connection by which the daemon asks Redis for which switches it acts.
//!
//! What to ask, and what follows from the answers, is decided in [`Duty`]. Here its questions go out one at a time,
//! what is kept of a switch is loaded before the loop hears that the daemon acts for it, and it is known until when
//! the daemon may write to which switch.

use super::redis_request::{RedisQuestion, RedisReply, RedisRequest, out_of_step};
use super::refusals::Refusals;
use crate::cluster::failure::{Failure, Remedy};
use crate::cluster::kept_call::Loaded;
use crate::cluster::lease_policy::{Change, Duty, Question};
use crate::cluster::redis_op::Fence;
use crate::daemon_id::DaemonId;
use crate::health::Health;
use crate::metrics;
use crate::persist::outbox::DeliveryId;
use crate::persist::snapshot::Kept;
use crate::switch::lease_token::Claim;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What the loop is told.
#[derive(Debug)]
pub(crate) enum LeaseEvent {
    /// The daemon acts for a switch from now on.
    Begins {
        /// By what right.
        fence: Fence,
        /// What is said of that at the switch.
        claim: Claim,
        /// What is kept of its calls.
        loaded: Box<Loaded>,
    },
    /// Another daemon does, or may: nothing more is said to the switch.
    Ends(SwitchId),
    /// The switch is to be left to another daemon.
    Leave(SwitchId),
}

/// What the loop says.
#[derive(Debug)]
pub(crate) enum LeaseCommand {
    /// Everything is kept, and nothing more is done for the switch; or it cannot be left yet.
    Left {
        /// The switch.
        switch: SwitchId,
        /// Whether everything is kept.
        kept: bool,
    },
    /// The switch does not let the daemon in.
    Unable(SwitchId),
    /// Another daemon acts for the switch by a right that goes before this one.
    Superseded(Fence),
    /// The link to the switch has been down for a while.
    Unlinked(SwitchId),
    /// The daemon stops, and leaves its switches to others where there are any.
    Leave,
    /// The daemon has stopped: all leases are given up.
    GiveUp,
}

/// What is asked now.
#[derive(Debug)]
enum Job {
    Question { question: Question, asked: Instant, answer_by: Instant },
    Load { fence: Fence, until: Instant },
}

/// The client.
#[derive(Debug)]
pub(crate) struct LeaseClient {
    us: DaemonId,
    duty: Duty,
    span: Millis,
    is_connected: bool,
    job: Option<Job>,
    /// Whether a request is under way for it.
    is_waiting: bool,
    questions: VecDeque<Question>,
    changes: VecDeque<Change>,
    commands: VecDeque<LeaseCommand>,
    events: VecDeque<LeaseEvent>,
    /// Until when the daemon may write to the switches that it acts for.
    permits: BTreeMap<SwitchId, Instant>,
    /// The switches for which another daemon of our name acts, as was logged.
    doubled: BTreeSet<SwitchId>,
    /// Those for which we wait to hear whether another daemon acts.
    unsure: BTreeSet<SwitchId>,
    has_given_up: bool,
    refusals: Refusals,
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
            duty: Duty::new(us.clone(), span, switches, now),
            us,
            span,
            is_connected: false,
            job: None,
            is_waiting: false,
            questions: VecDeque::new(),
            changes: VecDeque::new(),
            commands: VecDeque::new(),
            events: VecDeque::new(),
            permits: BTreeMap::new(),
            doubled: BTreeSet::new(),
            unsure: BTreeSet::new(),
            has_given_up: false,
            refusals: Refusals::default(),
            health,
        }
    }

    /// The loop says something. A switch that is not ours any more is not written to from this moment on.
    pub(crate) fn command(&mut self, command: LeaseCommand) {
        match &command {
            LeaseCommand::Left { switch, kept: true } | LeaseCommand::Unable(switch) => {
                let switch = switch.clone();
                self.withdraw(&switch);
            }
            LeaseCommand::Superseded(fence) => {
                if self.permits.contains_key(&fence.switch) {
                    metrics::LEASES_LOST.counter(&[&fence.switch.0]).increment(1);
                }
                let switch = fence.switch.clone();
                self.withdraw(&switch);
            }
            LeaseCommand::Left { kept: false, .. }
            | LeaseCommand::Unlinked(_)
            | LeaseCommand::Leave
            | LeaseCommand::GiveUp => {}
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
    pub(crate) fn permits(&self) -> &BTreeMap<SwitchId, Instant> {
        &self.permits
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
    pub(crate) fn advance(&mut self, now: Instant) -> Option<RedisRequest> {
        while !self.is_waiting {
            if self.job.is_some() {
                return self.request(now);
            }
            if let Some(change) = self.changes.pop_front() {
                self.change(change);
            } else if let Some(question) = self.questions.pop_front() {
                let answer_by = now + self.duty.patience(now);
                self.job = Some(Job::Question { question, asked: now, answer_by });
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
    fn request(&mut self, now: Instant) -> Option<RedisRequest> {
        let job = self.job.as_ref()?;
        let half = Millis(self.span.0 / 2);
        let request = match job {
            Job::Question { answer_by, .. } if *answer_by <= now => {
                self.failed(now, &Failure::TimedOut);
                return self.advance(now);
            }
            Job::Question { answer_by, .. } if !self.is_connected => {
                // Also where nobody waits for an answer: others have leases to renew.
                RedisQuestion::Connect.within(half.min(answer_by.since(now)))
            }
            Job::Load { .. } if !self.is_connected => RedisQuestion::Connect.within(half),
            Job::Question { question, answer_by, .. } => {
                let presence = self.duty.presence(now);
                RedisQuestion::Lease(question.clone(), presence).within(answer_by.since(now))
            }
            Job::Load { fence, .. } => RedisQuestion::Load(fence.clone()).patiently(),
        };
        self.is_waiting = true;
        Some(request)
    }

    /// The request under way is answered, or is not.
    pub(crate) fn reply(&mut self, now: Instant, reply: Result<RedisReply, Failure>) {
        self.is_waiting = false;
        match (reply, &self.job) {
            (Ok(RedisReply::Connected), _) if !self.is_connected => self.is_connected = true,
            (Ok(reply), Some(Job::Question { .. })) => self.answered(now, reply),
            (Ok(RedisReply::Loaded(loaded, done)), Some(Job::Load { .. })) => self.loaded(*loaded, &done),
            (Ok(reply), Some(Job::Load { .. }) | None) => self.failed(now, &out_of_step(&reply)),
            (Err(failure), _) => self.failed(now, &failure),
        }
    }

    fn answered(&mut self, now: Instant, reply: RedisReply) {
        let Some(Job::Question { question, asked, .. }) = self.job.take() else { return };
        self.health.leases(None);
        let changes = match reply {
            RedisReply::Saw(view) => {
                let (questions, changes) = self.duty.saw(now, view);
                self.questions.extend(questions);
                changes
            }
            RedisReply::Taken(taken) => self.duty.asked(asked, &question, &taken),
            RedisReply::Connected
            | RedisReply::Answered(_)
            | RedisReply::EndOfInbox(_)
            | RedisReply::Mail(..)
            | RedisReply::GivenUp
            | RedisReply::Loaded(..) => Vec::new(),
        };
        self.changes.extend(changes);
    }

    fn failed(&mut self, now: Instant, failure: &Failure) {
        if failure.remedy() == Remedy::Reconnect {
            self.is_connected = false;
        }
        match self.job.take() {
            Some(Job::Question { asked, .. }) => {
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
    fn not_loaded(&mut self, now: Instant, fence: Fence, until: Instant, failure: &Failure) {
        if matches!(failure.remedy(), Remedy::Reconnect | Remedy::StandBy) {
            tracing::warn!(switch = %fence.switch, %failure, "its calls cannot be taken up yet");
            // If the lease is ours still, it is taken again when Redis is back.
            self.duty.left(now, &fence.switch, true);
            return;
        }
        let losses = vec![format!("everything that is kept of {}: {failure}", fence.switch)];
        let kept = Kept { losses, ..Kept::default() };
        let switch = fence.switch.clone();
        self.begin(fence, until, Loaded { switch, kept, open: BTreeMap::new(), over: Vec::new() });
    }

    fn loaded(&mut self, mut loaded: Loaded, done: &BTreeSet<DeliveryId>) {
        let Some(Job::Load { fence, until }) = self.job.take() else { return };
        loaded.leave_out(done);
        self.begin(fence, until, loaded);
    }

    fn begin(&mut self, fence: Fence, until: Instant, loaded: Loaded) {
        let switch = &fence.switch;
        metrics::LEASE_HELD.gauge(&[&switch.0]).set(1.0);
        metrics::LEASES_TAKEN.counter(&[&switch.0]).increment(1);
        self.permits.insert(switch.clone(), until);
        let claim = Claim::new(self.us.as_str(), fence.token);
        self.events.push_back(LeaseEvent::Begins { fence, claim, loaded: Box::new(loaded) });
    }

    fn obey(&mut self, now: Instant, command: LeaseCommand) {
        let questions = match command {
            LeaseCommand::Left { switch, kept } => self.duty.left(now, &switch, kept),
            LeaseCommand::Superseded(fence) => self.duty.superseded(now, &fence),
            LeaseCommand::Unable(switch) => self.duty.unable(now, &switch),
            LeaseCommand::Unlinked(switch) => {
                self.changes.extend(self.duty.unlinked(&switch));
                Vec::new()
            }
            LeaseCommand::Leave => {
                self.duty.leave(now);
                Vec::new()
            }
            LeaseCommand::GiveUp => {
                self.has_given_up = true;
                let acts: Vec<SwitchId> = self.duty.acts().cloned().collect();
                acts.iter().flat_map(|switch| self.duty.left(now, switch, true)).collect()
            }
        };
        self.questions.extend(questions);
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Begins { fence, until } => self.job = Some(Job::Load { fence, until }),
            Change::GoesOn { switch, until } => {
                if self.unsure.remove(&switch) {
                    tracing::info!(%switch, "nobody else acts: we go on");
                }
                self.extend(&switch, until);
            }
            Change::Alone { switch, until } => {
                tracing::warn!(%switch, "nobody can say who acts: we go on, since we did so last");
                self.extend(&switch, until);
            }
            Change::Waits { switch } => {
                tracing::warn!(%switch, "another daemon may act by now: we wait to hear of it");
                self.unsure.insert(switch);
            }
            Change::Ends { switch } => {
                self.withdraw(&switch);
                metrics::LEASES_LOST.counter(&[&switch.0]).increment(1);
                self.events.push_back(LeaseEvent::Ends(switch));
            }
            Change::Doubled { switch } => {
                if self.doubled.insert(switch.clone()) {
                    let name = &self.us;
                    tracing::error!(%switch, %name, "another daemon of this name acts: see [redis] daemon");
                }
            }
            Change::Leave { switch } => self.events.push_back(LeaseEvent::Leave(switch)),
        }
    }

    /// A switch that was given up is not ours again by an answer that comes late.
    fn extend(&mut self, switch: &SwitchId, until: Instant) {
        if let Some(permit) = self.permits.get_mut(switch) {
            *permit = until;
        }
    }

    fn withdraw(&mut self, switch: &SwitchId) {
        metrics::LEASE_HELD.gauge(&[&switch.0]).set(0.0);
        self.unsure.remove(switch);
        self.permits.remove(switch);
    }
}
