//! What a daemon has in common with others: the calls of the switches it acts for, and what calls share, both in
//! Redis.
//!
//! A turn of the loop is settled here: what the calls ask is asked of whoever [answers](super::acd_failover), what changed
//! is [kept](super::call_replication), and all of it becomes one pipeline with a barrier at its end. Whoever drives this sends
//! the pipeline, hears until the barrier is reached, and then does what the turn decided.
//!
//! Pure: no clock, no connection.

use super::acd_failover::{AcdFailover, Out};
use super::call_replication::{CallReplication, OpBatch};
use super::failure::{RedisFailure, Remedy};
use super::loaded_calls::LoadedSwitch;
use super::redis_event::RedisEvent;
use super::redis_op::{Fence, FencedOp};
use crate::persist::outbox::{Delivery, DeliveryId};
use crate::persist::snapshot::TurnChanges;
use hotlined_core::command::{Command, Note};
use hotlined_core::engine::Engine;
use hotlined_core::event::{Event, RawSavedCall};
use hotlined_core::id::SwitchId;
use hotlined_core::time::Instant;

/// What changed in Redis's eyes, and what is kept there.
#[derive(Debug, Default)]
pub struct SharedState {
    sharing: AcdFailover,
    keeping: CallReplication,
    /// What will go out with the next turn, and answers that the calls have not heard.
    out: Out,
    /// What belongs to no turn, and goes out before the next.
    first: Vec<FencedOp>,
}

/// What a daemon before us left.
#[derive(Debug)]
pub struct Takeover {
    /// The news of its calls, for the switchboard.
    pub taken_up: Event,
    /// What it may not have delivered.
    pub deliveries: Vec<Delivery>,
}

impl SharedState {
    /// We act for a switch from now on, and this is what was kept of it. The switchboard takes up the calls before the
    /// next turn is settled.
    pub fn begin(&mut self, now: Instant, fence: Fence, loaded: LoadedSwitch) -> Takeover {
        self.keeping.acts(fence);
        self.first.extend(self.keeping.take_up(now, &loaded));
        let ahead = RawSavedCall::clock_lead(&loaded.kept.calls, now);
        for (call, mut open) in loaded.calls {
            for turn in open.waits.iter_mut().filter_map(|(_, claim)| claim.wait.as_mut()) {
                turn.since = turn.since - ahead;
            }
            self.sharing.take_up(now, &call, open.waits, &mut self.out);
        }
        let crate::persist::snapshot::PersistedState { calls, hotlines, deliveries, .. } = loaded.kept;
        Takeover { taken_up: Event::CallsTakenOver { calls, hotlines }, deliveries }
    }

    /// By what right we act for the switch, if we do.
    pub fn fence(&self, switch: &SwitchId) -> Option<&Fence> {
        self.keeping.fence(switch)
    }

    /// Whether somebody else could go on with the calls of the switch as they are now.
    pub fn can_hand_over(&self) -> bool {
        !self.sharing.is_away() && self.keeping.is_complete()
    }

    /// Somebody else acts for the switch: its calls, and what they have, are that one's.
    pub fn end(&mut self, now: Instant, switch: &SwitchId) {
        let calls = self.keeping.calls(switch);
        self.keeping.stands_by(switch);
        for call in &calls {
            self.sharing.leave(now, call, &mut self.out);
        }
        let is_of = |asked: &FencedOp| asked.fence.as_ref().is_some_and(|fence| fence.switch == *switch);
        self.first.retain(|asked| !is_of(asked));
        self.out.asks.retain(|(_, ask)| ask.call().is_none_or(|call| !calls.contains(call)));
    }

    /// A turn is over: `out` is what it decided, of which this takes what is asked of the store; `deliveries` are what
    /// is to be delivered because of it, and `done` is what has been delivered. Gives what is to be sent.
    pub fn settle(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        out: &mut Vec<Command>,
        deliveries: Vec<(SwitchId, Delivery)>,
        done: Vec<DeliveryId>,
    ) -> OpBatch {
        let mut left_out = Vec::new();
        for command in std::mem::take(out) {
            match command {
                Command::Acd { id, request } => self.sharing.ask(now, id, request, &mut self.out),
                Command::Record(record) => {
                    self.sharing.forget(now, &record.call, &mut self.out);
                    out.push(Command::Record(record));
                }
                Command::Note { call, note } => {
                    if let Note::TakeOverFailed { .. } = note {
                        self.sharing.forget(now, &call, &mut self.out);
                        left_out.push(call.clone());
                    }
                    out.push(Command::Note { call, note });
                }
                Command::Switch { .. } => out.push(command),
            }
        }
        if !self.sharing.is_away() {
            self.keeping.untold(now).iter().for_each(|call| engine.switchboard.report_again(call));
        }
        let turn = TurnChanges { deliveries, done, ..TurnChanges::of(engine) };
        let asks = std::mem::take(&mut self.out.asks);
        let mut words = self.keeping.words(now, turn, asks, &self.sharing);
        if !self.first.is_empty() {
            // Where nothing else is said, what is said here needs no barrier: no turn waits for it.
            words.asked.splice(0..0, self.first.drain(..));
        }
        left_out.iter().for_each(|call| self.keeping.leaves(call));
        words
    }

    /// Redis said something, or is silent. Gives back the switch that we act for no more, where that is what it said.
    pub fn heard(&mut self, now: Instant, heard: RedisEvent) -> Option<SwitchId> {
        match &heard {
            RedisEvent::Failed { op: asked, failure } => {
                if failure.remedy() == Remedy::StandBy {
                    return self.shut_out(asked);
                }
                self.keeping.failed(asked, failure);
            }
            RedisEvent::Available => self.keeping.back(now),
            RedisEvent::Unavailable(_)
            | RedisEvent::AcdReply(_)
            | RedisEvent::Forgotten { .. }
            | RedisEvent::Adopted(_)
            | RedisEvent::BarrierReached(_)
            | RedisEvent::Usage(_) => {}
        }
        self.sharing.heard(now, heard, &mut self.out);
        None
    }

    /// This could not even be sent.
    pub fn refused(&mut self, now: Instant, asked: Vec<FencedOp>) {
        for asked in asked {
            let failed = RedisEvent::Failed { op: Box::new(asked), failure: RedisFailure::TimedOut };
            self.heard(now, failed);
        }
    }

    /// Of what we said by an older right than we have now, nothing follows.
    fn shut_out(&self, asked: &FencedOp) -> Option<SwitchId> {
        let fence = asked.fence.as_ref()?;
        (self.keeping.fence(&fence.switch) == Some(fence)).then(|| fence.switch.clone())
    }

    /// Takes out what the calls have not heard.
    pub fn take_replies(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.out.answers)
    }

    /// When [`due`](Self::due) is wanted, and a turn after it.
    pub fn deadline(&self) -> Option<Instant> {
        let at_once = !self.out.asks.is_empty() || !self.out.answers.is_empty() || !self.first.is_empty();
        let waits = [self.sharing.deadline(), self.keeping.deadline(&self.sharing)];
        waits.into_iter().chain([at_once.then_some(Instant(0))]).flatten().min()
    }

    /// Does what is due without Redis.
    pub fn run_due(&mut self, now: Instant) {
        if self.sharing.deadline().is_some_and(|at| at <= now) {
            self.sharing.run_due(now, &mut self.out);
        }
    }

    /// Who answers what calls share.
    pub fn sharing(&self) -> &AcdFailover {
        &self.sharing
    }

    /// What is kept of the calls.
    pub fn keeping(&self) -> &CallReplication {
        &self.keeping
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::loaded_calls::LoadedCall;
    use crate::persist::snapshot::PersistedState;
    use hotlined_core::command::{Claim, Pick, PoolId, QueueRank as Place};
    use hotlined_core::id::CallId;
    use std::collections::BTreeMap;

    #[test]
    fn who_waits_since_a_time_that_is_to_come_by_our_clock_waits_no_shorter() {
        let (call, switch): (CallId, _) = ("a".parse().unwrap(), SwitchId("fs1".into()));
        let wait = Some(Place { priority: 0, since: Instant(3_599_000), length_max: 5 });
        let claim =
            Claim { pool: PoolId("sales".into()), agents: Vec::new(), pick: Pick::First, caller: None, wait };
        let kept =
            RawSavedCall { format: 2, call: call.clone(), at: Some(Instant(3_601_000)), state: "".into() };
        let open = LoadedCall { edition: None, waits: vec![(4, claim)] };
        let loaded = LoadedSwitch {
            switch: switch.clone(),
            kept: PersistedState { calls: vec![kept], ..PersistedState::default() },
            calls: BTreeMap::from([(call.clone(), open)]),
            ended: Vec::new(),
        };
        let mut common = SharedState::default();
        common.begin(Instant(5_000), Fence { switch, token: 7 }, loaded);
        let waits = common.sharing().waits(&call);
        let since: Vec<_> = waits.iter().map(|(_, claim)| claim.wait.as_ref().unwrap().since).collect();
        assert_eq!(since, [Instant(3_000)], "for two seconds before that was written");
    }
}
