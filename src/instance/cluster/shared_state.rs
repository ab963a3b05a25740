//! What this daemon shares with other daemons through Redis: the saved calls of its switches, and the ACD.
//!
//! A turn of the event loop is settled here. The ACD requests of the calls go to whichever ACD
//! [answers](super::acd_failover). What changed is [saved](super::call_replication). Both become one batch of
//! operations with a barrier at its end. The caller sends the batch, waits until the barrier is reached, and then
//! carries out what the turn decided.
//!
//! Pure: no clock, no connection.

use super::acd_failover::{AcdFailover, FailoverOutput};
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

/// The ACD with its failover, and the replication of the calls.
#[derive(Debug, Default)]
pub struct SharedState {
    failover: AcdFailover,
    replication: CallReplication,
    /// The operations that go out with the next turn, and the replies that the calls have not got.
    out: FailoverOutput,
    /// Operations that belong to no turn, and go out before the next.
    before_turn: Vec<FencedOp>,
}

/// What a takeover of a switch brings.
#[derive(Debug)]
pub struct Takeover {
    /// The event by which the switchboard takes the calls over.
    pub taken_up: Event,
    /// The deliveries that the daemon before may not have done.
    pub deliveries: Vec<Delivery>,
}

impl SharedState {
    /// This daemon is the active one of a switch from now on; `loaded` is what Redis kept of the switch. The
    /// switchboard takes the calls over before the next turn is settled.
    pub fn begin_switch(&mut self, now: Instant, fence: Fence, loaded: LoadedSwitch) -> Takeover {
        self.replication.begin_switch(fence);
        self.before_turn.extend(self.replication.take_over_switch(now, &loaded));
        let ahead = RawSavedCall::clock_lead(&loaded.kept.calls, now);
        for (call, mut loaded_call) in loaded.calls {
            for turn in loaded_call.open_claims.iter_mut().filter_map(|(_, claim)| claim.wait.as_mut()) {
                turn.since = turn.since - ahead;
            }
            self.failover.take_over_call(now, &call, loaded_call.open_claims, &mut self.out);
        }
        let crate::persist::snapshot::PersistedState { calls, hotlines, deliveries, .. } = loaded.kept;
        Takeover { taken_up: Event::CallsTakenOver { calls, hotlines }, deliveries }
    }

    /// The lease of the switch, if this daemon has it.
    pub fn fence(&self, switch: &SwitchId) -> Option<&Fence> {
        self.replication.fence(switch)
    }

    /// Whether another daemon could go on with all calls as they are now.
    pub fn can_hand_over(&self) -> bool {
        !self.failover.is_unavailable() && self.replication.is_complete()
    }

    /// Another daemon has the lease of the switch: the calls, and what they have, belong to that daemon.
    pub fn end_switch(&mut self, now: Instant, switch: &SwitchId) {
        let calls = self.replication.calls(switch);
        self.replication.end_switch(switch);
        for call in &calls {
            self.failover.hand_over_call(now, call, &mut self.out);
        }
        let is_of = |fenced: &FencedOp| fenced.fence.as_ref().is_some_and(|fence| fence.switch == *switch);
        self.before_turn.retain(|fenced| !is_of(fenced));
        self.out.ops.retain(|(_, op)| op.call().is_none_or(|call| !calls.contains(call)));
    }

    /// Settles a turn. `out` are the commands that the turn decided; the ACD requests are taken out of them.
    /// `deliveries` are the deliveries that the turn caused, and `done` those that are done. Returns what to send.
    pub fn settle(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        out: &mut Vec<Command>,
        deliveries: Vec<(SwitchId, Delivery)>,
        done: Vec<DeliveryId>,
    ) -> OpBatch {
        let mut not_taken_over = Vec::new();
        for command in std::mem::take(out) {
            match command {
                Command::Acd { id, request } => self.failover.request(now, id, request, &mut self.out),
                Command::Record(record) => {
                    self.failover.end_call(now, &record.call, &mut self.out);
                    out.push(Command::Record(record));
                }
                Command::Note { call, note } => {
                    if let Note::TakeOverFailed { .. } = note {
                        self.failover.end_call(now, &call, &mut self.out);
                        not_taken_over.push(call.clone());
                    }
                    out.push(Command::Note { call, note });
                }
                Command::Switch { .. } | Command::Message(_) | Command::Publish(_) => out.push(command),
            }
        }
        if !self.failover.is_unavailable() {
            self.replication
                .take_stale_calls(now)
                .iter()
                .for_each(|call| engine.switchboard.report_again(call));
        }
        let turn = TurnChanges { deliveries, done, ..TurnChanges::of(engine) };
        let ops = std::mem::take(&mut self.out.ops);
        let mut batch = self.replication.batch(now, turn, ops, &self.failover);
        if !self.before_turn.is_empty() {
            // Without operations of the turn these need no barrier: no turn waits for them.
            batch.ops.splice(0..0, self.before_turn.drain(..));
        }
        not_taken_over.iter().for_each(|call| self.replication.keep_as_is(call));
        batch
    }

    /// Takes in an event. Returns the switch whose lease another daemon has by now, if that is what the event tells.
    pub fn handle(&mut self, now: Instant, event: RedisEvent) -> Option<SwitchId> {
        match &event {
            RedisEvent::Failed { op, failure } => {
                if failure.remedy() == Remedy::StandBy {
                    return self.fenced_out(op);
                }
                self.replication.on_failed(op, failure);
            }
            RedisEvent::Available => self.replication.on_available(now),
            RedisEvent::Unavailable(_)
            | RedisEvent::AcdReply(_)
            | RedisEvent::Forgotten { .. }
            | RedisEvent::Adopted(_)
            | RedisEvent::BarrierReached(_)
            | RedisEvent::Usage(_) => {}
        }
        self.failover.handle(now, event, &mut self.out);
        None
    }

    /// These operations could not even be sent.
    pub fn not_sent(&mut self, now: Instant, ops: Vec<FencedOp>) {
        for op in ops {
            let failed = RedisEvent::Failed { op: Box::new(op), failure: RedisFailure::TimedOut };
            self.handle(now, failed);
        }
    }

    /// The switch of an operation that Redis refused for its token. Nothing follows if this daemon has a newer lease by
    /// now than the operation.
    fn fenced_out(&self, op: &FencedOp) -> Option<SwitchId> {
        let fence = op.fence.as_ref()?;
        (self.replication.fence(&fence.switch) == Some(fence)).then(|| fence.switch.clone())
    }

    /// Takes out the replies that the calls have not got.
    pub fn take_replies(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.out.replies)
    }

    /// When to call [`run_due`](Self::run_due), and then to settle a turn.
    pub fn deadline(&self) -> Option<Instant> {
        let at_once =
            !self.out.ops.is_empty() || !self.out.replies.is_empty() || !self.before_turn.is_empty();
        let deadlines = [self.failover.deadline(), self.replication.deadline(&self.failover)];
        deadlines.into_iter().chain([at_once.then_some(Instant(0))]).flatten().min()
    }

    /// Does what is due in the daemon's own ACD while Redis is unavailable.
    pub fn run_due(&mut self, now: Instant) {
        if self.failover.deadline().is_some_and(|at| at <= now) {
            self.failover.run_due(now, &mut self.out);
        }
    }

    /// The ACD with its failover.
    pub fn failover(&self) -> &AcdFailover {
        &self.failover
    }

    /// The replication of the calls.
    pub fn replication(&self) -> &CallReplication {
        &self.replication
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
        let loaded_call = LoadedCall { version: None, open_claims: vec![(4, claim)] };
        let loaded = LoadedSwitch {
            switch: switch.clone(),
            kept: PersistedState { calls: vec![kept], ..PersistedState::default() },
            calls: BTreeMap::from([(call.clone(), loaded_call)]),
            ended: Vec::new(),
        };
        let mut state = SharedState::default();
        state.begin_switch(Instant(5_000), Fence { switch, token: 7 }, loaded);
        let waits = state.failover().waiting_claims(&call);
        let since: Vec<_> = waits.iter().map(|(_, claim)| claim.wait.as_ref().unwrap().since).collect();
        assert_eq!(since, [Instant(3_000)], "for two seconds before that was written");
    }
}
