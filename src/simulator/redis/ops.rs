//! What the server does with each question, as `asked.lua` and its parts do it.

use super::delayed::Late;
use super::{Known, SimulatedRedis, Standing, State};
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
    /// Asks all of these in their order, at this time by the server's own clock. Each has its own outcome.
    pub fn execute(
        &mut self,
        now: Instant,
        daemon: &DaemonId,
        asked: &[FencedOp],
    ) -> Vec<Result<OpReply, RedisFailure>> {
        self.note(daemon, || Late::Ask(asked.to_vec()));
        if let Err(failure) = self.touch(now) {
            return unanswered(asked, &failure);
        }
        asked.iter().map(|asked| self.state.ask(now, daemon, asked)).collect()
    }
}

/// What comes of these where the server does not hear them: what is for no server is answered without one.
pub(super) fn unanswered(asked: &[FencedOp], failure: &RedisFailure) -> Vec<Result<OpReply, RedisFailure>> {
    let one = |asked: &FencedOp| match asked.op {
        RedisOp::Barrier(_) => Ok(nothing()),
        RedisOp::Request { .. }
        | RedisOp::Forget(_)
        | RedisOp::Hold { .. }
        | RedisOp::Replicate { .. }
        | RedisOp::RunDue
        | RedisOp::CountUsage => Err(failure.clone()),
    };
    asked.iter().map(one).collect()
}

/// A question, and from whom.
struct Asking<'a> {
    /// When, by the clock of whoever asks.
    at: Instant,
    daemon: &'a DaemonId,
    fence: Option<&'a Fence>,
}

fn nothing() -> OpReply {
    OpReply { result: OpResult::Done, next_due: None, left_behind: 0 }
}

impl State {
    fn ask(&mut self, now: Instant, daemon: &DaemonId, asked: &FencedOp) -> Result<OpReply, RedisFailure> {
        let asking = Asking { at: asked.at, daemon, fence: asked.fence.as_ref() };
        let of_store = match &asked.op {
            RedisOp::Barrier(_) => return Ok(nothing()),
            RedisOp::Request { id, request: AcdRequest::CountCode { hotline, codes, code } } => {
                let answer = self.count_code(asked.at, id, [hotline, codes, code]);
                return Ok(OpReply { result: heard(id, answer), ..nothing() });
            }
            RedisOp::Replicate { switch, op: what } => {
                let token = asking.fence.filter(|fence| fence.switch == *switch).map_or(0, |f| f.token);
                self.check(&Fence { switch: switch.clone(), token })?;
                match what {
                    ReplicationOp::EndCall { call, deliveries } => {
                        let kept = self.kept.entry(switch.clone()).or_default();
                        kept.is_over(call, deliveries);
                        Of::Forget(call)
                    }
                    ReplicationOp::AdoptCalls(calls) => {
                        let said = OpResult::Adopted(self.adopt(&asking, switch, calls));
                        return Ok(OpReply { result: said, next_due: self.store.deadline(), left_behind: 0 });
                    }
                    ReplicationOp::SaveCall { .. }
                    | ReplicationOp::SaveVersion { .. }
                    | ReplicationOp::DropVersions(_)
                    | ReplicationOp::AddDeliveries(_)
                    | ReplicationOp::RemoveDeliveries(_) => {
                        self.kept.entry(switch.clone()).or_default().keep(what);
                        return Ok(nothing());
                    }
                }
            }
            RedisOp::Request { id, request } => Of::Request(id, request),
            RedisOp::Hold { id, line, pool } => Of::Hold(id, line, pool),
            RedisOp::Forget(call) => Of::Forget(call),
            RedisOp::RunDue => Of::Due,
            RedisOp::CountUsage => Of::Look,
        };
        if let Some(fence) = asking.fence {
            self.check(fence)?;
        }
        let (said, left_behind) = self.of_store(now, &asking, of_store);
        Ok(OpReply { result: said, next_due: self.store.deadline(), left_behind })
    }

    /// Whether nobody with a higher token acted, as far as is known; nobody with a lower one does so from now on.
    fn check(&mut self, fence: &Fence) -> Result<(), RedisFailure> {
        let token = self.fences.get(&fence.switch).copied().unwrap_or(0);
        if token > fence.token {
            return Err(RedisFailure::Fenced { token });
        }
        if token < fence.token {
            self.fences.insert(fence.switch.clone(), fence.token);
        }
        Ok(())
    }

    fn of_store(&mut self, now: Instant, asking: &Asking, what: Of) -> (OpResult, u64) {
        match what {
            Of::Request(id, request) => (self.request(asking, id, request), 0),
            Of::Hold(id, line, pool) => (self.hold(asking, id, line, pool), 0),
            Of::Forget(call) => (OpResult::Done, self.forget(asking.at, call)),
            Of::Due => {
                self.due(asking.at);
                self.latest = self.latest.max(asking.at);
                (OpResult::SharedTime(self.latest), self.forget_lost(now, asking.at))
            }
            Of::Look => {
                let (held, waiting) = (self.store.lines_in_use() as u64, self.store.waiting() as u64);
                (OpResult::Usage(Usage { lines_held: held, claims_waiting: waiting }), 0)
            }
        }
    }

    fn request(&mut self, asking: &Asking, id: &CommandId, request: &AcdRequest) -> OpResult {
        let before = self.standing(id).cloned();
        let mut out = Vec::new();
        self.store.ask(asking.at, id, request, &mut out);
        // What others get by it stands before the answer.
        let answer = match (request, out.last()) {
            (AcdRequest::Claim(_) | AcdRequest::Admit { .. } | AcdRequest::CountCode { .. }, Some(_)) => {
                out.pop()
            }
            (AcdRequest::Place { .. }, Some(Event::Acd { reply: AcdReply::Waiting(_), .. })) => out.pop(),
            (_, _) => None,
        };
        self.hand_on(asking.at, out);
        let answer = answer
            .and_then(|event| if let Event::Acd { reply: answer, .. } = event { Some(answer) } else { None });
        self.note(asking, id, request, (before, answer.as_ref()));
        answer.map_or(OpResult::Done, |answer| heard(id, answer))
    }

    /// What is known of the call after this request.
    fn note(
        &mut self,
        asking: &Asking,
        id: &CommandId,
        request: &AcdRequest,
        (before, answer): (Option<Standing>, Option<&AcdReply>),
    ) {
        match (request, answer) {
            (AcdRequest::Claim(claim), Some(answer)) => {
                if let AcdReply::Waiting(_) = answer {
                    self.told.insert(id.clone(), asking.daemon.clone());
                }
                if before.is_some() {
                    return;
                }
                let standing = match answer {
                    AcdReply::Claimed { line } => Some(Standing::Holds(line.clone(), claim.pool.clone())),
                    AcdReply::Waiting(_) => Some(Standing::Waits(claim.pool.clone())),
                    AcdReply::Refused | AcdReply::Admitted { .. } | AcdReply::CodeSeen { .. } => None,
                };
                let known = self.changed(asking, &id.call);
                known.standing.extend(standing.map(|standing| (id.number, standing)));
            }
            (AcdRequest::Release { claim, .. }, _) => {
                let claim = CommandId { call: id.call.clone(), number: *claim };
                if let Some(Standing::Holds(..)) = self.standing(&claim) {
                    self.strike(&claim);
                    self.changed(asking, &id.call);
                }
            }
            (AcdRequest::Abandon { claim }, _) => {
                let claim = CommandId { call: id.call.clone(), number: *claim };
                if self.standing(&claim).is_some() {
                    self.strike(&claim);
                    self.changed(asking, &id.call);
                }
            }
            (AcdRequest::Admit { hotline, recent, .. }, Some(AcdReply::Admitted { room: true, .. })) => {
                let counted = self.calls.get(&id.call).map_or(&[][..], |known| &known.counted);
                let asked = counted.iter().find(|(counted, _)| counted == hotline).map(|(_, asked)| *asked);
                match asked {
                    None => self.changed(asking, &id.call).counted.push((hotline.clone(), recent.is_some())),
                    Some(false) if recent.is_some() => {
                        let known = self.changed(asking, &id.call);
                        let same = known.counted.iter_mut().filter(|(counted, _)| counted == hotline);
                        same.for_each(|(_, asked)| *asked = true);
                    }
                    Some(_) => {}
                }
            }
            (AcdRequest::Leave { hotline }, _) => {
                let is_counted = |known: &Known| known.counted.iter().any(|(counted, _)| counted == hotline);
                if self.calls.get(&id.call).is_some_and(is_counted) {
                    self.changed(asking, &id.call).counted.retain(|(counted, _)| counted != hotline);
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

    fn hold(&mut self, asking: &Asking, id: &CommandId, line: &LineId, pool: &PoolId) -> OpResult {
        self.due(asking.at);
        if let Some(Standing::Holds(line, _)) = self.standing(id) {
            return heard(id, AcdReply::Claimed { line: line.clone() });
        }
        self.store.hold(asking.at, id, pool, line);
        self.strike(id);
        self.told.remove(id);
        let holds = Standing::Holds(line.clone(), pool.clone());
        self.changed(asking, &id.call).standing.push((id.number, holds));
        heard(id, AcdReply::Claimed { line: line.clone() })
    }

    /// Gives out the lines whose rest is over.
    fn due(&mut self, at: Instant) {
        let mut out = Vec::new();
        self.store.due(at, &mut out);
        self.hand_on(at, out);
    }

    /// Claims that waited have a line: whoever asked last is told.
    fn hand_on(&mut self, at: Instant, events: Vec<Event>) {
        for event in events {
            let Event::Acd { command, reply: AcdReply::Claimed { line } } = &event else { continue };
            let known = self.calls.entry(command.call.clone()).or_default();
            known.heard = at;
            if let Some(place) = known.standing.iter().position(|(number, _)| *number == command.number)
                && let (number, Standing::Waits(pool)) = known.standing.remove(place)
            {
                known.standing.push((number, Standing::Holds(line.clone(), pool)));
            }
            let Some(daemon) = self.told.remove(command) else { continue };
            self.entries += 1;
            let inbox = self.inboxes.entry(daemon).or_default();
            inbox.push_back((self.entries, event));
            if inbox.len() > INBOX_LENGTH_MAX {
                inbox.pop_front();
            }
        }
    }

    /// The call is over. Gives back how much of it was still held, waited for or counted in.
    fn forget(&mut self, at: Instant, call: &CallId) -> u64 {
        let before = self.store.left_behind();
        let mut out = Vec::new();
        self.store.forget(at, call, &mut out);
        self.hand_on(at, out);
        self.calls.remove(call);
        self.told.retain(|claim, _| claim.call != *call);
        self.store.left_behind() - before
    }

    /// A call that nothing was heard of for long is over, unless somebody acts for its switch and it is kept there.
    fn forget_lost(&mut self, now: Instant, at: Instant) -> u64 {
        let mut lost: Vec<(Instant, CallId)> = self
            .calls
            .iter()
            .filter(|(_, known)| known.heard + CALL_KEPT <= at)
            .map(|(call, known)| (known.heard, call.clone()))
            .collect();
        lost.sort();
        lost.truncate(LOST_AT_ONCE_MAX);
        let mut left = 0;
        for (_, call) in lost {
            let switch = self.calls.get(&call).and_then(|known| known.switch.clone());
            let goes_on = switch.is_some_and(|switch| {
                self.lease(now, &switch).is_some()
                    && self.kept.get(&switch).is_some_and(|kept| kept.has(&call))
            });
            match self.calls.get_mut(&call).filter(|_| goes_on) {
                Some(known) => known.heard = at,
                None => left += self.forget(at, &call),
            }
        }
        left
    }

    /// What the calls have, which from now on is told to whoever asks this.
    fn adopt(&mut self, asking: &Asking, switch: &SwitchId, calls: &[CallId]) -> Vec<AdoptedCall> {
        self.due(asking.at);
        let mut all = Vec::new();
        for call in calls {
            let mut adopted =
                AdoptedCall { call: call.clone(), holds: Vec::new(), waits: Vec::new(), counted: Vec::new() };
            let Some(known) = self.calls.get_mut(call) else {
                all.push(adopted);
                continue;
            };
            (known.switch, known.heard) = (Some(switch.clone()), asking.at);
            adopted.counted = known.counted.iter().map(|(hotline, _)| hotline.clone()).collect();
            for (number, standing) in known.standing.clone() {
                match standing {
                    Standing::Holds(line, pool) => adopted.holds.push((number, line, pool)),
                    Standing::Waits(_) => {
                        let claim = CommandId { call: call.clone(), number };
                        self.told.insert(claim.clone(), asking.daemon.clone());
                        let mut out = Vec::new();
                        self.store.ask(asking.at, &claim, &AcdRequest::Place { claim: number }, &mut out);
                        if let Some(Event::Acd { reply: AcdReply::Waiting(place), .. }) = out.pop() {
                            adopted.waits.push((number, place));
                        }
                    }
                }
            }
            all.push(adopted);
        }
        all
    }

    fn count_code(&mut self, at: Instant, id: &CommandId, code: [&Arc<str>; 3]) -> AcdReply {
        let (times, first) = match self.codes_told.get(id) {
            Some(told) => *told,
            None => {
                let entry = self.codes.entry(code.map(Arc::clone));
                let before = match &entry {
                    Entry::Occupied(seen) => Some(*seen.get()),
                    Entry::Vacant(_) => None,
                };
                entry.or_insert((0, at)).0 += 1;
                let told = before.map_or((0, None), |(times, first)| (times, Some(first)));
                self.codes_told.insert(id.clone(), told);
                told
            }
        };
        AcdReply::CodeSeen { times, first }
    }

    fn standing(&self, id: &CommandId) -> Option<&Standing> {
        let known = self.calls.get(&id.call)?;
        known.standing.iter().find(|(number, _)| *number == id.number).map(|(_, standing)| standing)
    }

    fn strike(&mut self, id: &CommandId) {
        if let Some(known) = self.calls.get_mut(&id.call) {
            known.standing.retain(|(number, _)| *number != id.number);
        }
        self.told.remove(id);
    }

    /// Something about the call of this request is written.
    fn changed(&mut self, asking: &Asking, call: &CallId) -> &mut Known {
        let known = self.calls.entry(call.clone()).or_default();
        known.heard = asking.at;
        if let Some(fence) = asking.fence {
            known.switch = Some(fence.switch.clone());
        }
        known
    }
}

/// What the script of the store does.
enum Of<'a> {
    Request(&'a CommandId, &'a AcdRequest),
    Hold(&'a CommandId, &'a LineId, &'a PoolId),
    Forget(&'a CallId),
    Due,
    Look,
}

fn heard(id: &CommandId, answer: AcdReply) -> OpResult {
    OpResult::AcdReply(Event::Acd { command: id.clone(), reply: answer })
}
