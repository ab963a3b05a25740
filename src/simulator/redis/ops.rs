//! What the server does with each operation, as `asked.lua` and its parts do it.

use super::delayed::DelayedRequest;
use super::server::SimulatedRedis;
use super::state::{OpenClaim, ServerState, TrackedCall};
use hotlined_core::command::{AcdRequest, PoolId};
use hotlined_core::event::{AcdReply, Event};
use hotlined_core::id::{CallId, CommandId, LineId, SwitchId};
use hotlined_core::time::Instant;
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::limits::{CALL_KEPT, INBOX_LENGTH_MAX, LOST_AT_ONCE_MAX};
use hotlined_instance::cluster::loaded_calls::AdoptedCall;
use hotlined_instance::cluster::redis_op::ReplicationOp;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp};
use hotlined_instance::cluster::redis_reply::{OpReply, OpResult, Usage};
use std::collections::btree_map::Entry;
use std::sync::Arc;

impl SimulatedRedis {
    /// Executes the operations in their order. `now` is the server's time. Each operation has its own result.
    pub fn execute(
        &mut self,
        now: Instant,
        daemon: &DaemonId,
        ops: &[FencedOp],
    ) -> Vec<Result<OpReply, RedisFailure>> {
        self.delay_if_hung(daemon, || DelayedRequest::RunOps(ops.to_vec()));
        if let Err(failure) = self.begin_request(now) {
            return fail_all(ops, &failure);
        }
        ops.iter().map(|fenced| self.state.execute_op(now, daemon, fenced)).collect()
    }
}

/// The results of operations that do not reach the server. A barrier is not for the server and succeeds.
fn fail_all(ops: &[FencedOp], failure: &RedisFailure) -> Vec<Result<OpReply, RedisFailure>> {
    let result = |fenced: &FencedOp| match fenced.op {
        RedisOp::Barrier(_) => Ok(done()),
        RedisOp::Request { .. }
        | RedisOp::Forget(_)
        | RedisOp::Hold { .. }
        | RedisOp::Replicate { .. }
        | RedisOp::RunDue
        | RedisOp::CountUsage => Err(failure.clone()),
    };
    ops.iter().map(result).collect()
}

/// The sender of an operation, and its time.
struct OpContext<'a> {
    /// The time by the clock of the sending daemon.
    at: Instant,
    daemon: &'a DaemonId,
    fence: Option<&'a Fence>,
}

/// The reply to an operation without a result.
fn done() -> OpReply {
    OpReply { result: OpResult::Done, next_due: None, left_behind: 0 }
}

impl ServerState {
    fn execute_op(
        &mut self,
        now: Instant,
        daemon: &DaemonId,
        fenced: &FencedOp,
    ) -> Result<OpReply, RedisFailure> {
        let cx = OpContext { at: fenced.at, daemon, fence: fenced.fence.as_ref() };
        let acd_op = match &fenced.op {
            RedisOp::Barrier(_) => return Ok(done()),
            RedisOp::Request { id, request: AcdRequest::CountCode { hotline, codes, code } } => {
                let reply = self.count_code(fenced.at, id, [hotline, codes, code]);
                return Ok(OpReply { result: acd_reply(id, reply), ..done() });
            }
            RedisOp::Replicate { switch, op } => {
                let token = cx.fence.filter(|fence| fence.switch == *switch).map_or(0, |f| f.token);
                self.check_fence(&Fence { switch: switch.clone(), token })?;
                match op {
                    ReplicationOp::EndCall { call, deliveries } => {
                        let storage = self.switches.entry(switch.clone()).or_default();
                        storage.end_call(call, deliveries);
                        AcdOp::Forget(call)
                    }
                    ReplicationOp::AdoptCalls(calls) => {
                        let result = OpResult::Adopted(self.adopt(&cx, switch, calls));
                        return Ok(OpReply { result, next_due: self.acd.deadline(), left_behind: 0 });
                    }
                    ReplicationOp::SaveCall { .. }
                    | ReplicationOp::SaveVersion { .. }
                    | ReplicationOp::DropVersions(_)
                    | ReplicationOp::AddDeliveries(_)
                    | ReplicationOp::RemoveDeliveries(_) => {
                        self.switches.entry(switch.clone()).or_default().apply(op);
                        return Ok(done());
                    }
                }
            }
            RedisOp::Request { id, request } => AcdOp::Request(id, request),
            RedisOp::Hold { id, line, pool } => AcdOp::Hold(id, line, pool),
            RedisOp::Forget(call) => AcdOp::Forget(call),
            RedisOp::RunDue => AcdOp::RunDue,
            RedisOp::CountUsage => AcdOp::CountUsage,
        };
        if let Some(fence) = cx.fence {
            self.check_fence(fence)?;
        }
        let (result, left_behind) = self.execute_acd_op(now, &cx, acd_op);
        Ok(OpReply { result, next_due: self.acd.deadline(), left_behind })
    }

    /// Refuses a token that is lower than the highest known one. A higher token becomes the highest known one.
    fn check_fence(&mut self, fence: &Fence) -> Result<(), RedisFailure> {
        let token = self.highest_tokens.get(&fence.switch).copied().unwrap_or(0);
        if token > fence.token {
            return Err(RedisFailure::Fenced { token });
        }
        if token < fence.token {
            self.highest_tokens.insert(fence.switch.clone(), fence.token);
        }
        Ok(())
    }

    fn execute_acd_op(&mut self, now: Instant, cx: &OpContext, op: AcdOp) -> (OpResult, u64) {
        match op {
            AcdOp::Request(id, request) => (self.request(cx, id, request), 0),
            AcdOp::Hold(id, line, pool) => (self.hold(cx, id, line, pool), 0),
            AcdOp::Forget(call) => (OpResult::Done, self.forget(cx.at, call)),
            AcdOp::RunDue => {
                self.run_due(cx.at);
                self.latest_time = self.latest_time.max(cx.at);
                (OpResult::SharedTime(self.latest_time), self.forget_lost(now, cx.at))
            }
            AcdOp::CountUsage => {
                let (held, waiting) = (self.acd.lines_in_use() as u64, self.acd.waiting() as u64);
                (OpResult::Usage(Usage { lines_held: held, claims_waiting: waiting }), 0)
            }
        }
    }

    fn request(&mut self, cx: &OpContext, id: &CommandId, request: &AcdRequest) -> OpResult {
        let before = self.open_claim(id).cloned();
        let mut events = Vec::new();
        self.acd.ask(cx.at, id, request, &mut events);
        // The reply is the last event. The events before it give lines to other claims.
        let reply = match (request, events.last()) {
            (AcdRequest::Claim(_) | AcdRequest::Admit { .. } | AcdRequest::CountCode { .. }, Some(_)) => {
                events.pop()
            }
            (AcdRequest::Place { .. }, Some(Event::Acd { reply: AcdReply::Waiting(_), .. })) => events.pop(),
            (_, _) => None,
        };
        self.notify_claimed(cx.at, events);
        let reply =
            reply.and_then(|event| if let Event::Acd { reply, .. } = event { Some(reply) } else { None });
        self.track_request(cx, id, request, (before, reply.as_ref()));
        reply.map_or(OpResult::Done, |reply| acd_reply(id, reply))
    }

    /// Updates the claims and counts of the call after this request.
    fn track_request(
        &mut self,
        cx: &OpContext,
        id: &CommandId,
        request: &AcdRequest,
        (before, reply): (Option<OpenClaim>, Option<&AcdReply>),
    ) {
        match (request, reply) {
            (AcdRequest::Claim(claim), Some(reply)) => {
                if let AcdReply::Waiting(_) = reply {
                    self.notified_daemons.insert(id.clone(), cx.daemon.clone());
                }
                if before.is_some() {
                    return;
                }
                let opened = match reply {
                    AcdReply::Claimed { line } => Some(OpenClaim::Holding(line.clone(), claim.pool.clone())),
                    AcdReply::Waiting(_) => Some(OpenClaim::Waiting(claim.pool.clone())),
                    AcdReply::Refused | AcdReply::Admitted { .. } | AcdReply::CodeSeen { .. } => None,
                };
                let call = self.changed_call(cx, &id.call);
                call.open_claims.extend(opened.map(|claim| (id.number, claim)));
            }
            (AcdRequest::Release { claim, .. }, _) => {
                let claim = CommandId { call: id.call.clone(), number: *claim };
                if let Some(OpenClaim::Holding(..)) = self.open_claim(&claim) {
                    self.close_claim(&claim);
                    self.changed_call(cx, &id.call);
                }
            }
            (AcdRequest::Abandon { claim }, _) => {
                let claim = CommandId { call: id.call.clone(), number: *claim };
                if self.open_claim(&claim).is_some() {
                    self.close_claim(&claim);
                    self.changed_call(cx, &id.call);
                }
            }
            (AcdRequest::Admit { hotline, recent, .. }, Some(AcdReply::Admitted { room: true, .. })) => {
                let counted = self.calls.get(&id.call).map_or(&[][..], |call| &call.counted);
                let with_recent = counted
                    .iter()
                    .find(|(counted, _)| counted == hotline)
                    .map(|(_, with_recent)| *with_recent);
                match with_recent {
                    None => {
                        self.changed_call(cx, &id.call).counted.push((hotline.clone(), recent.is_some()));
                    }
                    Some(false) if recent.is_some() => {
                        let call = self.changed_call(cx, &id.call);
                        let same = call.counted.iter_mut().filter(|(counted, _)| counted == hotline);
                        same.for_each(|(_, with_recent)| *with_recent = true);
                    }
                    Some(_) => {}
                }
            }
            (AcdRequest::Leave { hotline }, _) => {
                let is_counted =
                    |call: &TrackedCall| call.counted.iter().any(|(counted, _)| counted == hotline);
                if self.calls.get(&id.call).is_some_and(is_counted) {
                    self.changed_call(cx, &id.call).counted.retain(|(counted, _)| counted != hotline);
                }
            }
            (
                AcdRequest::Claim(_)
                | AcdRequest::Admit { .. }
                | AcdRequest::Place { .. }
                | AcdRequest::Remember { .. }
                | AcdRequest::CountCode { .. },
                _,
            ) => {}
        }
    }

    fn hold(&mut self, cx: &OpContext, id: &CommandId, line: &LineId, pool: &PoolId) -> OpResult {
        self.run_due(cx.at);
        if let Some(OpenClaim::Holding(line, _)) = self.open_claim(id) {
            return acd_reply(id, AcdReply::Claimed { line: line.clone() });
        }
        self.acd.hold(cx.at, id, pool, line);
        self.close_claim(id);
        self.notified_daemons.remove(id);
        let holding = OpenClaim::Holding(line.clone(), pool.clone());
        self.changed_call(cx, &id.call).open_claims.push((id.number, holding));
        acd_reply(id, AcdReply::Claimed { line: line.clone() })
    }

    /// Gives the lines whose rest is over to waiting claims.
    fn run_due(&mut self, at: Instant) {
        let mut events = Vec::new();
        self.acd.due(at, &mut events);
        self.notify_claimed(at, events);
    }

    /// Waiting claims got a line. Each event goes to the inbox of the daemon that claimed or adopted last.
    fn notify_claimed(&mut self, at: Instant, events: Vec<Event>) {
        for event in events {
            let Event::Acd { command, reply: AcdReply::Claimed { line } } = &event else { continue };
            let call = self.calls.entry(command.call.clone()).or_default();
            call.last_change = at;
            if let Some(ix) = call.open_claims.iter().position(|(number, _)| *number == command.number)
                && let (number, OpenClaim::Waiting(pool)) = call.open_claims.remove(ix)
            {
                call.open_claims.push((number, OpenClaim::Holding(line.clone(), pool)));
            }
            let Some(daemon) = self.notified_daemons.remove(command) else { continue };
            self.last_entry += 1;
            let inbox = self.inboxes.entry(daemon).or_default();
            inbox.push_back((self.last_entry, event));
            if inbox.len() > INBOX_LENGTH_MAX {
                inbox.pop_front();
            }
        }
    }

    /// Deletes an ended call. Returns how many lines, waiting claims and counts it still had.
    fn forget(&mut self, at: Instant, call: &CallId) -> u64 {
        let before = self.acd.left_behind();
        let mut events = Vec::new();
        self.acd.forget(at, call, &mut events);
        self.notify_claimed(at, events);
        self.calls.remove(call);
        self.notified_daemons.retain(|claim, _| claim.call != *call);
        self.acd.left_behind() - before
    }

    /// Deletes the calls without a change for `CALL_KEPT`, at most `LOST_AT_ONCE_MAX` of them. A call stays if its
    /// switch has an active daemon and the call is saved there.
    fn forget_lost(&mut self, now: Instant, at: Instant) -> u64 {
        let mut lost: Vec<(Instant, CallId)> = self
            .calls
            .iter()
            .filter(|(_, call)| call.last_change + CALL_KEPT <= at)
            .map(|(id, call)| (call.last_change, id.clone()))
            .collect();
        lost.sort();
        lost.truncate(LOST_AT_ONCE_MAX);
        let mut left = 0;
        for (_, id) in lost {
            let switch = self.calls.get(&id).and_then(|call| call.switch.clone());
            let is_live = switch.is_some_and(|switch| {
                self.lease(now, &switch).is_some()
                    && self.switches.get(&switch).is_some_and(|storage| storage.is_live(&id))
            });
            match self.calls.get_mut(&id).filter(|_| is_live) {
                Some(call) => call.last_change = at,
                None => left += self.forget(at, &id),
            }
        }
        left
    }

    /// The claims and counts of the calls. From now on the sender is notified of their waiting claims.
    fn adopt(&mut self, cx: &OpContext, switch: &SwitchId, calls: &[CallId]) -> Vec<AdoptedCall> {
        self.run_due(cx.at);
        let mut all = Vec::new();
        for id in calls {
            let mut adopted =
                AdoptedCall { call: id.clone(), holds: Vec::new(), waits: Vec::new(), counted: Vec::new() };
            let Some(call) = self.calls.get_mut(id) else {
                all.push(adopted);
                continue;
            };
            (call.switch, call.last_change) = (Some(switch.clone()), cx.at);
            adopted.counted = call.counted.iter().map(|(hotline, _)| hotline.clone()).collect();
            for (number, claim) in call.open_claims.clone() {
                match claim {
                    OpenClaim::Holding(line, pool) => adopted.holds.push((number, line, pool)),
                    OpenClaim::Waiting(_) => {
                        let claim = CommandId { call: id.clone(), number };
                        self.notified_daemons.insert(claim.clone(), cx.daemon.clone());
                        let mut events = Vec::new();
                        self.acd.ask(cx.at, &claim, &AcdRequest::Place { claim: number }, &mut events);
                        if let Some(Event::Acd { reply: AcdReply::Waiting(rank), .. }) = events.pop() {
                            adopted.waits.push((number, rank));
                        }
                    }
                }
            }
            all.push(adopted);
        }
        all
    }

    /// Counts a code. A repeated request gets the reply of the first one and counts nothing.
    fn count_code(&mut self, at: Instant, id: &CommandId, code: [&Arc<str>; 3]) -> AcdReply {
        let (times, first) = match self.code_replies.get(id) {
            Some(reply) => *reply,
            None => {
                let entry = self.codes.entry(code.map(Arc::clone));
                let before = match &entry {
                    Entry::Occupied(seen) => Some(*seen.get()),
                    Entry::Vacant(_) => None,
                };
                entry.or_insert((0, at)).0 += 1;
                let reply = before.map_or((0, None), |(times, first)| (times, Some(first)));
                self.code_replies.insert(id.clone(), reply);
                reply
            }
        };
        AcdReply::CodeSeen { times, first }
    }

    fn open_claim(&self, id: &CommandId) -> Option<&OpenClaim> {
        let call = self.calls.get(&id.call)?;
        call.open_claims.iter().find(|(number, _)| *number == id.number).map(|(_, claim)| claim)
    }

    fn close_claim(&mut self, id: &CommandId) {
        if let Some(call) = self.calls.get_mut(&id.call) {
            call.open_claims.retain(|(number, _)| *number != id.number);
        }
        self.notified_daemons.remove(id);
    }

    /// The entry of the call, marked as changed by this operation.
    fn changed_call(&mut self, cx: &OpContext, id: &CallId) -> &mut TrackedCall {
        let call = self.calls.entry(id.clone()).or_default();
        call.last_change = cx.at;
        if let Some(fence) = cx.fence {
            call.switch = Some(fence.switch.clone());
        }
        call
    }
}

/// An operation on the ACD.
enum AcdOp<'a> {
    Request(&'a CommandId, &'a AcdRequest),
    Hold(&'a CommandId, &'a LineId, &'a PoolId),
    Forget(&'a CallId),
    RunDue,
    CountUsage,
}

fn acd_reply(id: &CommandId, reply: AcdReply) -> OpResult {
    OpResult::AcdReply(Event::Acd { command: id.clone(), reply })
}
