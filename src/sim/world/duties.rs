//! Whoever asks Redis which switches a daemon acts for, beside its loop: what `hotlined::daemon`'s task of that name
//! does, without a socket and a runtime.

use crate::id::{CallId, SwitchId};
use crate::live::DaemonId;
use crate::live::duty::{Change, Duty, Presence, Question, View};
use crate::live::redis::{COMMAND_TIME_MAX, Failure, Fence, Loaded, Remedy, Taken};
use crate::sim::redis::Redis;
use crate::time::{Instant, Millis};
use std::collections::{BTreeSet, VecDeque};

/// Whether the daemon's link may speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gate {
    Until(Instant),
    Shut,
}

impl Gate {
    pub(super) fn is_open(self, now: Instant) -> bool {
        match self {
            Self::Until(until) => now < until,
            Self::Shut => false,
        }
    }
}

/// What the loop is told.
#[derive(Debug)]
pub(super) enum Word {
    Begins { fence: Fence, loaded: Box<Loaded> },
    Ends,
    Leave,
}

/// What the loop says to that.
#[derive(Debug)]
pub(super) enum Heed {
    Left { kept: bool },
    Superseded(Fence),
    Unlinked,
    Leave,
}

#[derive(Debug)]
enum Stage {
    Idle,
    /// The question reaches the server then; it was asked when it was this time by the daemon's clock.
    Asks(Instant, Instant, Step),
    /// The answer is heard then.
    Hears(Instant, Instant, Step, Result<Reply, Failure>),
}

#[derive(Clone, Debug)]
enum Step {
    Question(Question, Presence),
    Load { fence: Fence, until: Instant },
}

#[derive(Debug)]
enum Reply {
    Saw(View),
    Taken(Taken),
    Loaded(Box<Loaded>),
    Done,
}

/// The task.
#[derive(Debug)]
pub(super) struct Duties {
    us: DaemonId,
    switch: SwitchId,
    duty: Duty,
    span: Millis,
    stage: Stage,
    questions: VecDeque<Question>,
    changes: VecDeque<Change>,
    heeds: VecDeque<Heed>,
    told: VecDeque<Word>,
    gate: Gate,
    /// How long a word is on its way to the server, and back.
    transit: Millis,
}

impl Duties {
    /// For this daemon, which could act for the switch. `told` is what time it is by its clock.
    pub(super) fn new(told: Instant, us: DaemonId, switch: SwitchId, span: Millis, transit: Millis) -> Self {
        Self {
            duty: Duty::new(us.clone(), span, [switch.clone()], told),
            us,
            switch,
            span,
            stage: Stage::Idle,
            questions: VecDeque::new(),
            changes: VecDeque::new(),
            heeds: VecDeque::new(),
            told: VecDeque::new(),
            gate: Gate::Shut,
            transit,
        }
    }

    /// The loop says this.
    pub(super) fn heed(&mut self, heed: Heed) {
        self.heeds.push_back(heed);
    }

    /// What the loop has not heard.
    pub(super) fn told(&self) -> Option<&Word> {
        self.told.front()
    }

    /// The loop hears it.
    pub(super) fn hear(&mut self) -> Option<Word> {
        self.told.pop_front()
    }

    /// Whether the link may speak.
    pub(super) fn gate(&self) -> Gate {
        self.gate
    }

    /// When the question on its way reaches the server, whether the daemon is awake or not.
    pub(super) fn reaches(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Asks(at, ..) => Some(*at),
            Stage::Idle | Stage::Hears(..) => None,
        }
    }

    /// When something is due; `ours` says when it is, by the world's clock, what the daemon's clock says.
    pub(super) fn next(&self, ours: impl Fn(Instant) -> Instant) -> Instant {
        match &self.stage {
            Stage::Asks(at, ..) | Stage::Hears(at, ..) => *at,
            Stage::Idle if self.changes.is_empty() && self.questions.is_empty() && self.heeds.is_empty() => {
                ours(self.duty.deadline())
            }
            Stage::Idle => Instant(0),
        }
    }

    /// The server hears the question.
    pub(super) fn reach(&mut self, now: Instant, redis: &mut Redis) {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Asks(at, asked, step) if at <= now => {
                let reply = self.reply(at, &step, redis);
                let takes = match (&step, &reply) {
                    (Step::Question(..), Err(Failure::TimedOut)) => self.duty.patience(asked),
                    (Step::Load { .. }, Err(Failure::TimedOut)) => COMMAND_TIME_MAX.into(),
                    (_, Ok(_) | Err(_)) => self.transit,
                };
                self.stage = Stage::Hears(at + takes, asked, step, reply);
            }
            stage @ (Stage::Idle | Stage::Asks(..) | Stage::Hears(..)) => self.stage = stage,
        }
    }

    fn reply(&self, now: Instant, step: &Step, redis: &mut Redis) -> Result<Reply, Failure> {
        match step {
            Step::Question(Question::Look, presence) => {
                redis.look(now, &self.us, presence, self.span).map(Reply::Saw)
            }
            Step::Question(Question::Acquire(switch), _) => {
                redis.acquire(now, &self.us, switch, self.span).map(Reply::Taken)
            }
            Step::Question(Question::Renew(fence), _) => {
                redis.renew(now, &self.us, fence, self.span).map(Reply::Taken)
            }
            Step::Question(Question::GiveUp(fence), _) => {
                redis.give_up(now, &self.us, fence).map(|()| Reply::Done)
            }
            Step::Load { fence, .. } => redis.load(now, fence).map(Box::new).map(Reply::Loaded),
        }
    }

    /// Does one thing that is due. What is in its own file of records is no news to the daemon.
    pub(super) fn step(
        &mut self,
        (now, told): (Instant, Instant),
        ours: impl Fn(Instant) -> Instant,
        recorded: &BTreeSet<CallId>,
        redis: &mut Redis,
    ) {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            stage @ Stage::Asks(..) => {
                self.stage = stage;
                self.reach(now, redis);
            }
            Stage::Hears(at, asked, step, reply) if at <= now => {
                self.heard(told, asked, step, reply, &ours, recorded);
            }
            stage @ Stage::Hears(..) => self.stage = stage,
            Stage::Idle => self.begin(now, told, ours),
        }
    }

    fn begin(&mut self, now: Instant, told: Instant, ours: impl Fn(Instant) -> Instant) {
        if let Some(change) = self.changes.pop_front() {
            self.change(now, told, change, ours);
        } else if let Some(question) = self.questions.pop_front() {
            let presence = self.duty.presence(told);
            self.stage = Stage::Asks(now + self.transit, told, Step::Question(question, presence));
        } else if let Some(heed) = self.heeds.pop_front() {
            let questions = match heed {
                Heed::Left { kept } => {
                    if kept {
                        self.gate = Gate::Shut;
                    }
                    self.duty.left(told, &self.switch, kept)
                }
                Heed::Superseded(fence) => {
                    let questions = self.duty.superseded(told, &fence);
                    if !questions.is_empty() {
                        self.gate = Gate::Shut;
                    }
                    questions
                }
                Heed::Unlinked => {
                    self.changes.extend(self.duty.unlinked(&self.switch));
                    Vec::new()
                }
                Heed::Leave => {
                    self.duty.leave(told);
                    Vec::new()
                }
            };
            self.questions.extend(questions);
        } else if self.duty.deadline() <= told {
            self.questions.extend(self.duty.questions(told));
        }
    }

    fn change(&mut self, now: Instant, told: Instant, change: Change, ours: impl Fn(Instant) -> Instant) {
        match change {
            Change::Begins { fence, until } => {
                self.stage = Stage::Asks(now + self.transit, told, Step::Load { fence, until });
            }
            Change::GoesOn { until, .. } | Change::Alone { until, .. } if self.gate != Gate::Shut => {
                self.gate = Gate::Until(ours(until));
            }
            Change::GoesOn { .. } | Change::Alone { .. } | Change::Waits { .. } | Change::Doubled { .. } => {}
            Change::Ends { .. } => {
                self.gate = Gate::Shut;
                self.told.push_back(Word::Ends);
            }
            Change::Leave { .. } => self.told.push_back(Word::Leave),
        }
    }

    fn heard(
        &mut self,
        told: Instant,
        asked: Instant,
        step: Step,
        reply: Result<Reply, Failure>,
        ours: &impl Fn(Instant) -> Instant,
        recorded: &BTreeSet<CallId>,
    ) {
        match (step, reply) {
            (Step::Question(question, _), Ok(reply)) => {
                let changes = match reply {
                    Reply::Saw(view) => {
                        let (questions, changes) = self.duty.saw(told, view);
                        self.questions.extend(questions);
                        changes
                    }
                    Reply::Taken(taken) => self.duty.asked(asked, &question, &taken),
                    Reply::Loaded(_) | Reply::Done => Vec::new(),
                };
                self.changes.extend(changes);
            }
            (Step::Question(..), Err(failure)) => {
                // What is asked besides would wait for the same.
                self.questions.clear();
                self.changes.extend(self.duty.failed(asked, told, &failure));
            }
            (Step::Load { fence, until }, Ok(Reply::Loaded(mut loaded))) => {
                loaded.leave_out(recorded);
                self.gate = Gate::Until(ours(until));
                self.told.push_back(Word::Begins { fence, loaded });
            }
            (Step::Load { fence, .. }, Err(failure)) if failure.remedy() != Remedy::Operator => {
                // The lease is ours still, and is taken again when Redis is back.
                self.duty.left(told, &fence.switch, true);
            }
            (Step::Load { .. }, Ok(_) | Err(_)) => {}
        }
    }

    /// The daemon ends in good order: gives up what it acts for.
    pub(super) fn give_up(&mut self, now: Instant, told: Instant, redis: &mut Redis) {
        for question in self.duty.left(told, &self.switch, true) {
            if let Question::GiveUp(fence) = question {
                // Where nobody answers, the lease runs out.
                let _ = redis.give_up(now, &self.us, &fence);
            }
        }
    }
}
