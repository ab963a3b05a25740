//! Which switches a daemon acts for, of those that several daemons could.
//!
//! Everybody who could act for a switch says so all the time, and sees who else does and who has the lease of which
//! switch. A switch that nobody acts for is taken by whoever acts for the fewest; where that one does not, by
//! anybody. Who acts for two more than somebody else who has been there for a while leaves one to them. So switches
//! move when a daemon dies, and back when it is there again, one after the other.
//!
//! Who has the lease of a switch acts for it until it ends, and says so again in time. Where nobody answers whether it
//! may go on, it does, in the moment the lease ends: it was the last one that may, and callers wait. It does so from
//! one vain question to the next: a daemon that was paused in between does not know who was answered meanwhile, and is
//! silent until it is answered itself, which it waits for as if it came anew. What was done meanwhile is told to Redis
//! later; where another daemon came to act all the same, since it was answered, the later one is known by its higher
//! token: Redis holds who has a lower one off the switch's store, and each says its own at the switch itself, where the
//! other hears it ([`LeasePolicy::superseded`]). So whoever comes to Redis, or comes back to it, takes nothing for the span of
//! a lease: it may be Redis itself that was away, and those who went on without it have to say so first.
//!
//! Pure: no clock, no connection. Time is our own, never going back.

use super::failure::{RedisFailure, Remedy};
use super::redis_op::Fence;
use crate::cluster::lease_reply::LeaseReply;
use crate::daemon_id::DaemonId;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// How often in a lease's span we look around, and renew what we have.
const LOOKS_A_SPAN: u64 = 4;
/// How long somebody must have been there before a switch is left to them.
const NEW_FOR: Millis = Millis::seconds(10);
/// How long between two switches that are left to somebody.
const LEAVE_EVERY: Millis = Millis::seconds(5);
/// How long we do not take a switch again that we cannot act for: somebody else may.
const UNABLE_FOR: Millis = Millis::seconds(30);
/// How long we do not take a switch again that we left because our link to it is down.
const UNLINKED_FOR: Millis = Millis::seconds(5);
/// How long an answer is waited for at least, as a part of a lease's span, and at most.
const PATIENCES_A_SPAN: (u64, u64) = (8, 2);
/// How much later than a lease ends we look, so that it surely has.
const LATER: Millis = Millis(5);

/// What is to be asked of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseRequest {
    /// Say that we are here, and see who else is: [`LeasePolicy::saw`].
    Announce,
    /// Take the lease of this switch: [`LeasePolicy::asked`].
    Acquire(SwitchId),
    /// Have it for another while: [`LeasePolicy::asked`].
    Renew(Fence),
    /// Let somebody else have it.
    GiveUp(Fence),
}

/// What a daemon shows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// The switches it could act for.
    pub serves: Vec<SwitchId>,
    /// Those it acts for.
    pub acts: Vec<SwitchId>,
    /// For how long it has been there.
    pub up: Millis,
}

/// What is to be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterView {
    /// Every daemon but us that showed itself within the span of a lease.
    pub others: BTreeMap<DaemonId, Presence>,
    /// Who has the lease of each of our switches, and for how long; none where nobody has.
    pub leases: BTreeMap<SwitchId, Option<(String, Millis)>>,
}

/// What changes for the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseChange {
    /// We act for a switch, once we know what is kept of its calls.
    Acquired {
        /// By what right.
        fence: Fence,
        /// Until when.
        until: Instant,
    },
    /// We may act for it until then.
    Extended {
        /// The switch.
        switch: SwitchId,
        /// Until when.
        until: Instant,
    },
    /// Nobody can say who acts for it: we may until then, since we did last.
    ExtendedUnconfirmed {
        /// The switch.
        switch: SwitchId,
        /// Until when.
        until: Instant,
    },
    /// Our right has ended, and nobody else is known to have it: we say nothing until we are answered, or until
    /// somebody else is.
    Suspended {
        /// The switch.
        switch: SwitchId,
    },
    /// Somebody else acts for it, or may.
    Lost {
        /// The switch.
        switch: SwitchId,
    },
    /// Another daemon acts for it that has our name.
    NameConflict {
        /// The switch.
        switch: SwitchId,
    },
    /// It is left to somebody else, once everything about its calls is kept: [`LeasePolicy::left`].
    HandOver {
        /// The switch.
        switch: SwitchId,
    },
}

/// The switches of a daemon.
#[derive(Debug)]
pub struct LeasePolicy {
    us: DaemonId,
    span: Millis,
    began: Instant,
    posts: BTreeMap<SwitchId, Post>,
    others: BTreeMap<DaemonId, Presence>,
    look_at: Instant,
    /// When we asked anything last.
    asked_at: Instant,
    left_at: Instant,
    /// Since when Redis has answered.
    in_touch_since: Option<Instant>,
    is_leaving: bool,
}

#[derive(Debug, Default)]
struct Post {
    held: Option<Held>,
    /// Since when nobody has had the lease, as far as we saw.
    free_since: Option<Instant>,
    /// When we may take it at the earliest.
    not_before: Instant,
    /// Until when we leave it to others, if there are any.
    yields_until: Instant,
    /// Whether we ever had its lease.
    was_held: bool,
}

#[derive(Clone, Debug)]
struct Held {
    fence: Fence,
    until: Instant,
    renew_at: Instant,
    /// When we asked last, and were answered that we have it, or nobody was answered anything.
    sure_at: Instant,
    /// Nobody answers whether we may go on.
    is_alone: bool,
    /// It was told that we wait.
    is_waiting: bool,
    is_left: bool,
    /// For how long it is left at least.
    left_for: Millis,
}

impl LeasePolicy {
    /// A daemon that could act for these switches and acts for none yet.
    pub fn new(
        us: DaemonId,
        span: Millis,
        switches: impl IntoIterator<Item = SwitchId>,
        now: Instant,
    ) -> Self {
        let posts = switches.into_iter().map(|switch| (switch, Post::default())).collect();
        Self {
            us,
            span,
            began: now,
            posts,
            others: BTreeMap::new(),
            look_at: now,
            asked_at: now,
            left_at: now,
            in_touch_since: None,
            is_leaving: false,
        }
    }

    /// What the daemon shows of itself now.
    pub fn presence(&self, now: Instant) -> Presence {
        let serves = if self.is_leaving { Vec::new() } else { self.posts.keys().cloned().collect() };
        let acts = self.held().map(|held| held.fence.switch.clone()).collect();
        Presence { serves, acts, up: Millis(now.since(self.began).0) }
    }

    /// The switches that we act for.
    pub fn acts(&self) -> impl Iterator<Item = &SwitchId> {
        self.held().map(|held| &held.fence.switch)
    }

    fn held(&self) -> impl Iterator<Item = &Held> {
        self.posts.values().filter_map(|post| post.held.as_ref())
    }

    /// When [`questions`](Self::questions) are wanted.
    pub fn deadline(&self) -> Instant {
        self.held().map(|held| held.renew_at).fold(self.look_at, Instant::min)
    }

    /// How long the answer to what is asked now is waited for: the moment our right ends it is known that nobody
    /// answers.
    pub fn patience(&self, asked: Instant) -> Millis {
        let (least, most) = (self.span.0 / PATIENCES_A_SPAN.0, self.span.0 / PATIENCES_A_SPAN.1);
        let ends = self.held().map(|held| held.until.since(asked).0).filter(|left| *left > 0);
        Millis(ends.min().map_or(most, |left| left.clamp(least, most)))
    }

    /// What is to be asked now, one after the other.
    pub fn questions(&mut self, now: Instant) -> Vec<LeaseRequest> {
        let every = Millis(self.span.0 / LOOKS_A_SPAN);
        let mut questions = Vec::new();
        if now.since(std::mem::replace(&mut self.asked_at, now)).0 >= self.span.0 {
            // We were paused: nobody knows what became of Redis meanwhile.
            self.in_touch_since = None;
        }
        let in_touch = self.is_in_touch(now);
        for held in self.posts.values_mut().filter_map(|post| post.held.as_mut()) {
            if held.renew_at <= now {
                held.renew_at = match now + every {
                    next if now < held.until => next.min(held.until),
                    next => next,
                };
                let is_sure = now.since(held.sure_at).0 < self.span.0;
                if is_sure || in_touch {
                    questions.push(LeaseRequest::Renew(held.fence.clone()));
                }
            }
        }
        if self.look_at <= now {
            self.look_at = now + every;
            questions.push(LeaseRequest::Announce);
        }
        questions
    }

    /// Whether Redis has answered for so long that whoever went on without it has said so.
    fn is_in_touch(&self, now: Instant) -> bool {
        self.in_touch_since.is_some_and(|since| now.since(since).0 >= self.span.0)
    }

    /// What was to be seen. Gives what to ask because of it, and what changes.
    pub fn saw(&mut self, now: Instant, view: ClusterView) -> (Vec<LeaseRequest>, Vec<LeaseChange>) {
        self.others = view.others;
        self.in_touch_since.get_or_insert(now);
        let in_touch = self.is_in_touch(now);
        let (mut questions, mut changes) = (Vec::new(), Vec::new());
        for (switch, lease) in view.leases {
            let Some(post) = self.posts.get_mut(&switch) else { continue };
            match &lease {
                _ if post.held.is_some() => continue,
                Some((owner, left)) if owner != self.us.as_str() => {
                    post.free_since = None;
                    // A lease that is renewed in time has more time left by then.
                    self.look_at = self.look_at.min(now + *left + LATER);
                    continue;
                }
                // Not ours, and yet in our name: another daemon has that name, against all that was asked for.
                Some(_) if post.was_held => {
                    changes.push(LeaseChange::NameConflict { switch: switch.clone() });
                    continue;
                }
                // What we had before we were started anew is ours.
                Some(_) | None => {}
            }
            let since = *post.free_since.get_or_insert(now);
            let waited = now.since(since).0 >= self.span.0 / 2;
            let yields =
                now < post.yields_until && self.others.values().any(|it| it.serves.contains(&switch));
            if now < post.not_before || yields || self.is_leaving {
                continue;
            }
            let is_ours_still = lease.is_some();
            if is_ours_still || (in_touch && (waited || self.is_next_for(&switch, &questions))) {
                questions.push(LeaseRequest::Acquire(switch));
            }
        }
        changes.extend(self.balance(now));
        changes.extend(self.waits(now));
        (questions, changes)
    }

    /// Whether nobody who could act for the switch acts for fewer; `more` is what we are about to take besides.
    fn is_next_for(&self, switch: &SwitchId, more: &[LeaseRequest]) -> bool {
        let ours = (self.held().count() + more.len(), &self.us);
        let mut others = self.others.iter().filter(|(_, other)| other.serves.contains(switch));
        others.all(|(name, other)| (other.acts.len(), name) > ours)
    }

    /// Leaves a switch to somebody who acts for fewer; all of them to somebody, where we go.
    fn balance(&mut self, now: Instant) -> Vec<LeaseChange> {
        let (is_leaving, ours) = (self.is_leaving, self.held().count());
        let is_early = now.since(self.left_at) < LEAVE_EVERY || now.since(self.began) < NEW_FOR;
        let is_uneven = self.posts.values().any(|post| post.free_since.is_some() && post.held.is_none());
        if !is_leaving && (is_early || is_uneven) {
            return Vec::new();
        }
        let mut leave = Vec::new();
        for (switch, post) in self.posts.iter_mut().rev() {
            let Some(held) = post.held.as_mut().filter(|held| !held.is_left && !held.is_alone) else {
                continue;
            };
            let serves = |other: &Presence| other.serves.contains(switch);
            let has_room =
                |other: &Presence| other.up >= NEW_FOR && other.acts.len() + 1 < ours && serves(other);
            let goes = match is_leaving {
                true => self.others.values().any(serves),
                false => leave.is_empty() && self.others.values().any(has_room),
            };
            if goes {
                held.is_left = true;
                self.left_at = now;
                leave.push(LeaseChange::HandOver { switch: switch.clone() });
            }
        }
        leave
    }

    /// What came of a question about a lease; `asked` is when we asked, by which our time counts.
    pub fn asked(&mut self, asked: Instant, question: &LeaseRequest, taken: &LeaseReply) -> Vec<LeaseChange> {
        let (switch, taken) = match (question, taken) {
            (LeaseRequest::Acquire(switch), taken) => (switch, taken),
            (LeaseRequest::Renew(fence), taken) => (&fence.switch, taken),
            (LeaseRequest::Announce | LeaseRequest::GiveUp(_), _) => return Vec::new(),
        };
        let (span, every) = (self.span, Millis(self.span.0 / LOOKS_A_SPAN));
        let Some(post) = self.posts.get_mut(switch) else { return Vec::new() };
        match (taken, &mut post.held) {
            (LeaseReply::Granted(fence), None) if matches!(question, LeaseRequest::Acquire(_)) => {
                let until = asked + span;
                (post.free_since, post.was_held) = (None, true);
                post.held = Some(Held {
                    fence: fence.clone(),
                    until,
                    renew_at: asked + every,
                    sure_at: asked,
                    is_alone: false,
                    is_waiting: false,
                    is_left: false,
                    left_for: span,
                });
                vec![LeaseChange::Acquired { fence: fence.clone(), until }]
            }
            (LeaseReply::Granted(fence), Some(held)) if held.fence == *fence => {
                (held.until, held.sure_at) = (asked + span, asked);
                (held.is_alone, held.is_waiting) = (false, false);
                vec![LeaseChange::Extended { switch: switch.clone(), until: held.until }]
            }
            (LeaseReply::Denied { .. }, Some(held))
                if *question == LeaseRequest::Renew(held.fence.clone()) =>
            {
                post.held = None;
                vec![LeaseChange::Lost { switch: switch.clone() }]
            }
            // Nobody waits for that any more.
            (LeaseReply::Granted(_) | LeaseReply::Denied { .. }, _) => Vec::new(),
        }
    }

    /// A question that was asked then has no answer by now.
    pub fn failed(&mut self, asked: Instant, now: Instant, failure: &RedisFailure) -> Vec<LeaseChange> {
        if failure.remedy() == Remedy::StandBy {
            return Vec::new();
        }
        if failure.remedy() == Remedy::Reconnect {
            self.in_touch_since = None;
        }
        let mut changes = Vec::new();
        for held in self.posts.values_mut().filter_map(|post| post.held.as_mut()) {
            // In a whole span without a question, or within one, somebody else may have come to act.
            if asked.since(held.sure_at).0.max(now.since(asked).0) >= self.span.0 {
                continue;
            }
            held.sure_at = asked;
            if !held.is_alone && now < held.until {
                continue;
            }
            let (switch, until) = (held.fence.switch.clone(), asked + self.span);
            held.until = until;
            changes.push(match std::mem::replace(&mut held.is_alone, true) {
                true => LeaseChange::Extended { switch, until },
                false => LeaseChange::ExtendedUnconfirmed { switch, until },
            });
        }
        changes.extend(self.waits(now));
        changes
    }

    /// Where we may not go on, and nobody was told yet.
    fn waits(&mut self, now: Instant) -> Vec<LeaseChange> {
        let held = self.posts.values_mut().filter_map(|post| post.held.as_mut());
        let waits = |held: &mut Held| {
            let is_news = held.until <= now && !std::mem::replace(&mut held.is_waiting, true);
            is_news.then(|| LeaseChange::Suspended { switch: held.fence.switch.clone() })
        };
        held.filter_map(waits).collect()
    }

    /// We act for the switch no more, and everything about its calls is kept; or, `kept` being false, we cannot leave
    /// it yet.
    pub fn left(&mut self, now: Instant, switch: &SwitchId, kept: bool) -> Vec<LeaseRequest> {
        let Some(post) = self.posts.get_mut(switch) else { return Vec::new() };
        if !kept {
            if let Some(held) = &mut post.held {
                held.is_left = false;
            }
            return Vec::new();
        }
        post.was_held = false;
        let Some(held) = post.held.take() else { return Vec::new() };
        post.yields_until = now + held.left_for;
        vec![LeaseRequest::GiveUp(held.fence)]
    }

    /// Our link to the switch has been down for a while: somebody else may have a better one.
    pub fn unlinked(&mut self, switch: &SwitchId) -> Vec<LeaseChange> {
        let is_there = self.others.values().any(|other| other.serves.contains(switch));
        let held = self.posts.get_mut(switch).and_then(|post| post.held.as_mut());
        let Some(held) = held.filter(|held| is_there && !held.is_left && !held.is_alone) else {
            return Vec::new();
        };
        (held.is_left, held.left_for) = (true, UNLINKED_FOR);
        vec![LeaseChange::HandOver { switch: switch.clone() }]
    }

    /// Another daemon acts for a switch by a right that goes before this one of ours, as the switch told us: we do so
    /// no more, whatever is kept.
    pub fn superseded(&mut self, now: Instant, ours: &Fence) -> Vec<LeaseRequest> {
        let held = self.posts.get(&ours.switch).and_then(|post| post.held.as_ref());
        let is_held = held.is_some_and(|held| held.fence == *ours);
        if is_held { self.left(now, &ours.switch, true) } else { Vec::new() }
    }

    /// We could act for the switch and cannot: it does not let us in.
    pub fn unable(&mut self, now: Instant, switch: &SwitchId) -> Vec<LeaseRequest> {
        let questions = self.left(now, switch, true);
        if let Some(post) = self.posts.get_mut(switch) {
            post.not_before = now + UNABLE_FOR;
        }
        questions
    }

    /// The daemon stops: it leaves its switches to others, where there are any.
    pub fn leave(&mut self, now: Instant) {
        self.is_leaving = true;
        self.look_at = now;
    }
}

#[cfg(test)]
mod tests;
