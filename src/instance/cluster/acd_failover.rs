//! Which ACD answers the calls: the one in Redis that all daemons share, or the daemon's own while Redis is
//! unavailable.
//!
//! This type notes what each call has by the last reply, and which requests have no reply yet. When Redis becomes
//! unavailable, the daemon's own ACD gets what its calls have, and answers from then on. It knows nothing of the other
//! daemons, so a line may ring beyond its capacity, once for each daemon at most. When Redis is available again it gets
//! what was given back meanwhile, what the calls have, and what they still ask for. None of that changes anything if
//! nothing was lost. Lost are the rests that were running, and whose turn was next in a pool.
//!
//! Pure: no clock, no connection. Requests go out as [`RedisOp`]s and replies come in by [`AcdFailover::handle`].

use super::failure::{RedisFailure, Remedy};
use super::loaded_calls::AdoptedCall;
use super::redis_event::RedisEvent;
use super::redis_op::RedisOp;
use hotlined_core::acd::Acd;
use hotlined_core::command::{AcdRequest, Claim, PoolId};
use hotlined_core::event::{AcdReply, Event};
use hotlined_core::id::{CallId, CommandId, LineId};
use hotlined_core::time::{Instant, Millis};
use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How many operations wait at most for Redis to be available; beyond that the oldest is dropped. What a call has is
/// given back when the call ends all the same.
const POSTPONED_OPS_MAX: usize = 200_000;

/// How long until the daemon repeats what Redis refused while it was available: Redis may lack memory, or have a value
/// of another type at a key.
const RETRY_WAIT: Millis = Millis::seconds(2);
/// How long the daemon waits whether Redis refuses the one operation that goes first.
const PROBE_TIME_MAX: Millis = Millis::seconds(1);

/// What was given back within this time is repeated when Redis is available again: a server that took over may lack
/// the last writes.
const LOST_SPAN: Millis = Millis::seconds(60);
/// How many requests that gave something back are remembered for that.
const GIVEN_BACK_MAX: usize = 20_000;

/// What goes out: operations for Redis, each with its time, and replies for the switchboard.
#[derive(Debug, Default)]
pub struct FailoverOutput {
    /// The operations, in their order.
    pub ops: Vec<(Instant, RedisOp)>,
    /// The replies, in their order.
    pub replies: Vec<Event>,
}

/// The ACD as this daemon's calls use it.
#[derive(Debug, Default)]
pub struct AcdFailover {
    is_unavailable: bool,
    /// The daemon's own ACD; `None` while it is not in use.
    local: Option<Box<Acd>>,
    /// Claims and admissions without a final reply.
    open_requests: BTreeMap<CommandId, AcdRequest>,
    /// The lines that this daemon's calls hold.
    held_lines: BTreeMap<CommandId, (PoolId, LineId)>,
    /// The hotlines that count this daemon's calls.
    counted: BTreeMap<CallId, BTreeMap<Arc<str>, CommandId>>,
    /// The operations that wait for Redis to be available.
    postponed: VecDeque<(Instant, RedisOp)>,
    /// The requests that gave something back lately, the oldest first.
    given_back: VecDeque<(Instant, RedisOp)>,
    dropped: u64,
    /// When to repeat what Redis refused while it was available.
    retry_at: Option<Retry>,
}

/// When to repeat. The reason may last, so one operation goes first, and the rest once Redis does not refuse that one.
#[derive(Clone, Copy, Debug)]
struct Retry {
    at: Instant,
    was_probed: bool,
}

impl AcdFailover {
    /// Whether Redis is unavailable.
    pub fn is_unavailable(&self) -> bool {
        self.is_unavailable
    }

    /// How many operations Redis never gets, because too many waited.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many lines this daemon's calls hold.
    pub fn lines_held(&self) -> usize {
        self.held_lines.len()
    }

    /// How many claims of this daemon's calls have no final reply.
    pub fn claims_open(&self) -> usize {
        self.open_requests.values().filter(|request| matches!(request, AcdRequest::Claim(_))).count()
    }

    /// A call sends a request.
    pub fn request(&mut self, now: Instant, id: CommandId, request: AcdRequest, out: &mut FailoverOutput) {
        self.note_request(&id, &request);
        if self.is_unavailable {
            self.request_local(now, &id, &request, out);
            if !leaves_nothing_behind(&request) {
                self.postpone(now, RedisOp::Request { id, request });
            }
            return;
        }
        if gives_back(&request) {
            // A line from the daemon's own ACD is given back there, too.
            if self.local.is_some() {
                self.request_local(now, &id, &request, out);
            }
            self.note_given_back(now, &id, &request);
        }
        out.ops.push((now, RedisOp::Request { id, request }));
    }

    /// A call has ended.
    pub fn end_call(&mut self, now: Instant, call: &CallId, out: &mut FailoverOutput) {
        self.remove_call(now, call, out);
        match self.is_unavailable {
            true => self.postpone(now, RedisOp::Forget(call.clone())),
            false => out.ops.push((now, RedisOp::Forget(call.clone()))),
        }
    }

    /// Another daemon goes on with the call, and with what the call has.
    pub fn hand_over_call(&mut self, now: Instant, call: &CallId, out: &mut FailoverOutput) {
        self.remove_call(now, call, out);
        self.postponed.retain(|(_, op)| op.call() != Some(call));
        self.given_back.retain(|(_, op)| op.call() != Some(call));
    }

    fn remove_call(&mut self, now: Instant, call: &CallId, out: &mut FailoverOutput) {
        // Calls end hundreds of times a second, among many thousands that go on.
        self.open_requests.extract_if(ids_of_call(call), |_, _| true).for_each(drop);
        self.held_lines.extract_if(ids_of_call(call), |_, _| true).for_each(drop);
        self.counted.remove(call);
        if let Some(local) = &mut self.local {
            let before = out.replies.len();
            local.forget(now, call, &mut out.replies);
            self.note_replies(now, before, out);
        }
    }

    /// The claims of the call that may wait for long and have no final reply.
    pub fn waiting_claims(&self, call: &CallId) -> Vec<(u32, Claim)> {
        let claims = self.open_requests.range(ids_of_call(call)).filter_map(|(id, request)| match request {
            AcdRequest::Claim(claim) if claim.wait.is_some() => Some((id.number, claim.clone())),
            AcdRequest::Claim(_)
            | AcdRequest::Abandon { .. }
            | AcdRequest::Release { .. }
            | AcdRequest::Place { .. }
            | AcdRequest::Remember { .. }
            | AcdRequest::Admit { .. }
            | AcdRequest::Leave { .. }
            | AcdRequest::CountCode { .. } => None,
        });
        claims.collect()
    }

    /// This daemon takes over a call with these claims. What else the call has is known once Redis has adopted the
    /// call.
    pub fn take_over_call(
        &mut self,
        now: Instant,
        call: &CallId,
        waits: Vec<(u32, Claim)>,
        out: &mut FailoverOutput,
    ) {
        for (number, claim) in waits {
            let (id, request) = (CommandId { call: call.clone(), number }, AcdRequest::Claim(claim));
            self.open_requests.insert(id.clone(), request.clone());
            if self.is_unavailable {
                self.request_local(now, &id, &request, out);
            }
        }
    }

    /// Takes in what an adopted call has in Redis. A claim that Redis does not know never reached it, and goes out now.
    fn on_adopted(&mut self, now: Instant, adopted: AdoptedCall, out: &mut FailoverOutput) {
        let AdoptedCall { call, holds, waits, counted } = adopted;
        let id = |number| CommandId { call: call.clone(), number };
        for (number, line, pool) in holds {
            self.open_requests.remove(&id(number));
            self.held_lines.insert(id(number), (pool, line.clone()));
            out.replies.push(Event::Acd { command: id(number), reply: AcdReply::Claimed { line } });
        }
        let waiting: Vec<u32> = waits.iter().map(|(number, _)| *number).collect();
        for (number, place) in waits {
            out.replies.push(Event::Acd { command: id(number), reply: AcdReply::Waiting(place) });
        }
        for hotline in counted {
            self.counted.entry(call.clone()).or_default().entry(hotline).or_insert_with(|| id(0));
        }
        for (number, claim) in
            self.waiting_claims(&call).into_iter().filter(|(number, _)| !waiting.contains(number))
        {
            out.ops.push((now, RedisOp::Request { id: id(number), request: AcdRequest::Claim(claim) }));
        }
    }

    /// When to call [`run_due`](Self::run_due).
    pub fn deadline(&self) -> Option<Instant> {
        let local = self.local.as_ref().and_then(|local| local.deadline());
        local.into_iter().chain(self.retry_at.map(|again| again.at)).min()
    }

    /// Does what is due in the daemon's own ACD, and repeats what Redis refused.
    pub fn run_due(&mut self, now: Instant, out: &mut FailoverOutput) {
        if let Some(again) = self.retry_at.take_if(|again| again.at <= now) {
            self.retry(now, again.was_probed, out);
        }
        let Some(local) = &mut self.local else { return };
        let before = out.replies.len();
        local.due(now, &mut out.replies);
        self.note_replies(now, before, out);
    }

    /// Takes in an event. Returns the failure if another daemon has the lease of the switch by now.
    pub fn handle(
        &mut self,
        now: Instant,
        event: RedisEvent,
        out: &mut FailoverOutput,
    ) -> Option<RedisFailure> {
        match event {
            RedisEvent::AcdReply(event) => self.on_acd_reply(event, out),
            RedisEvent::Failed { op, failure } => {
                if failure.remedy() == Remedy::StandBy {
                    return Some(failure);
                }
                self.on_failed(now, op.at, op.op, out);
            }
            RedisEvent::Unavailable(_) => {
                (self.is_unavailable, self.retry_at) = (true, None);
                self.start_local_acd(now, out);
            }
            RedisEvent::Available => self.on_available(now, out),
            RedisEvent::Adopted(calls) => calls.into_iter().for_each(|call| self.on_adopted(now, call, out)),
            RedisEvent::Forgotten { .. } | RedisEvent::Usage(_) | RedisEvent::BarrierReached(_) => {}
        }
        None
    }

    fn retry(&mut self, now: Instant, was_probed: bool, out: &mut FailoverOutput) {
        let first = self.current_state().next().filter(|_| !was_probed);
        match first {
            Some((_, op)) => {
                out.ops.push((now, op));
                self.retry_at = Some(Retry { at: now + PROBE_TIME_MAX, was_probed: true });
            }
            None => self.on_available(now, out),
        }
    }

    fn on_acd_reply(&mut self, event: Event, out: &mut FailoverOutput) {
        if let Event::Acd { command, reply: answer } = &event {
            // The daemon's own ACD has answered the claim meanwhile.
            if matches!(answer, AcdReply::Claimed { .. }) && self.held_lines.contains_key(command) {
                return;
            }
            self.note_reply(&command.clone(), &answer.clone());
        }
        out.replies.push(event);
    }

    /// It is unknown whether Redis did the operation. Doing an operation twice is as doing it once.
    fn on_failed(&mut self, now: Instant, at: Instant, op: RedisOp, out: &mut FailoverOutput) {
        if !self.is_unavailable {
            self.retry_at = Some(Retry { at: now + RETRY_WAIT, was_probed: false });
        }
        match op {
            RedisOp::Request { id, request } => {
                // A request that has its reply, or that the call gave up, needs no reply of the daemon's own ACD.
                let is_open = match &request {
                    AcdRequest::Claim(_) | AcdRequest::Admit { .. } => self.open_requests.contains_key(&id),
                    AcdRequest::Place { .. } | AcdRequest::CountCode { .. } => true,
                    AcdRequest::Release { .. }
                    | AcdRequest::Abandon { .. }
                    | AcdRequest::Remember { .. }
                    | AcdRequest::Leave { .. } => false,
                };
                if is_open {
                    self.start_local_acd(now, out);
                    self.request_local(now, &id, &request, out);
                }
                if !leaves_nothing_behind(&request) {
                    self.postpone(at, RedisOp::Request { id, request });
                }
            }
            RedisOp::Forget(_) => self.postpone(at, op),
            // Held lines are repeated with the rest; the replication repeats its local operations.
            RedisOp::Hold { .. }
            | RedisOp::Replicate { .. }
            | RedisOp::Barrier(_)
            | RedisOp::RunDue
            | RedisOp::CountUsage => {}
        }
    }

    /// Starts the daemon's own ACD. It gets first what the calls have, and then their open requests.
    fn start_local_acd(&mut self, now: Instant, out: &mut FailoverOutput) {
        if self.local.is_some() {
            return;
        }
        let mut local = Box::new(Acd::default());
        let mut known = Vec::new();
        for (id, (pool, line)) in &self.held_lines {
            local.hold(now, id, pool, line);
        }
        for (hotline, id) in self.counted.values().flatten() {
            let admit = AcdRequest::Admit { hotline: hotline.clone(), calls_max: None, recent: None };
            local.ask(now, id, &admit, &mut known);
        }
        self.local = Some(local);
        if self.is_unavailable {
            for (id, request) in self.open_requests.clone() {
                self.request_local(now, &id, &request, out);
            }
        }
    }

    /// Redis is available again: it gets everything that it may not know.
    fn on_available(&mut self, now: Instant, out: &mut FailoverOutput) {
        self.is_unavailable = false;
        (self.local, self.retry_at) = (None, None);
        // Giving a line back twice is as giving it back once. A call that has ended gave everything back with its end.
        let lately = self.given_back.iter().filter(|(at, op)| {
            now.since(*at) <= LOST_SPAN && op.call().is_some_and(|call| self.has_state(call))
        });
        out.ops.extend(lately.cloned());
        out.ops.extend(self.postponed.drain(..));
        // The numbers of a call's claims rise, and Redis expects them in that order.
        let mut all: Vec<(&CommandId, RedisOp)> = self.current_state().collect();
        all.sort_by_key(|(id, _)| *id);
        out.ops.extend(all.into_iter().map(|(_, op)| (now, op)));
    }

    /// Whether the call has a line, waits for one, or is counted.
    fn has_state(&self, call: &CallId) -> bool {
        self.counted.contains_key(call)
            || self.held_lines.range(ids_of_call(call)).next().is_some()
            || self.open_requests.range(ids_of_call(call)).next().is_some()
    }

    /// What the calls have and ask for, as operations with the ids of the original requests.
    fn current_state(&self) -> impl Iterator<Item = (&CommandId, RedisOp)> {
        let holds = self.held_lines.iter().map(|(id, (pool, line))| {
            (id, RedisOp::Hold { id: id.clone(), line: line.clone(), pool: pool.clone() })
        });
        let open = self
            .open_requests
            .iter()
            .map(|(id, request)| (id, RedisOp::Request { id: id.clone(), request: request.clone() }));
        let admits = self.counted.values().flatten().map(|(hotline, id)| {
            let request = AcdRequest::Admit { hotline: hotline.clone(), calls_max: None, recent: None };
            (id, RedisOp::Request { id: id.clone(), request })
        });
        admits.chain(holds).chain(open)
    }

    fn request_local(
        &mut self,
        now: Instant,
        id: &CommandId,
        request: &AcdRequest,
        out: &mut FailoverOutput,
    ) {
        let Some(local) = &mut self.local else { return };
        let before = out.replies.len();
        local.ask(now, id, request, &mut out.replies);
        self.note_replies(now, before, out);
    }

    fn postpone(&mut self, at: Instant, op: RedisOp) {
        if self.postponed.len() >= POSTPONED_OPS_MAX {
            self.postponed.pop_front();
            self.dropped += 1;
        }
        self.postponed.push_back((at, op));
    }

    fn note_given_back(&mut self, now: Instant, id: &CommandId, request: &AcdRequest) {
        let is_old = |(at, _): &mut (Instant, RedisOp)| now.since(*at) > LOST_SPAN;
        while self.given_back.pop_front_if(is_old).is_some() {}
        if self.given_back.len() >= GIVEN_BACK_MAX {
            self.given_back.pop_front();
        }
        let op = RedisOp::Request { id: id.clone(), request: request.clone() };
        self.given_back.push_back((now, op));
    }

    fn note_request(&mut self, id: &CommandId, request: &AcdRequest) {
        match request {
            AcdRequest::Claim(_) | AcdRequest::Admit { .. } => {
                self.open_requests.insert(id.clone(), request.clone());
            }
            AcdRequest::Release { claim, .. } | AcdRequest::Abandon { claim } => {
                let claim = CommandId { call: id.call.clone(), number: *claim };
                self.open_requests.remove(&claim);
                self.held_lines.remove(&claim);
            }
            AcdRequest::Leave { hotline } => {
                if let Some(counted) = self.counted.get_mut(&id.call) {
                    counted.remove(hotline);
                }
            }
            AcdRequest::Place { .. } | AcdRequest::Remember { .. } | AcdRequest::CountCode { .. } => {}
        }
    }

    /// Notes the replies of the daemon's own ACD.
    fn note_replies(&mut self, now: Instant, from: usize, out: &FailoverOutput) {
        for event in &out.replies[from..] {
            let Event::Acd { command, reply: answer } = event else { continue };
            let is_claim = matches!(self.open_requests.get(command), Some(AcdRequest::Claim(_)));
            if is_claim && *answer == AcdReply::Refused {
                // Redis may have given a line to the claim, in a reply that was lost.
                let request = AcdRequest::Abandon { claim: command.number };
                self.postpone(now, RedisOp::Request { id: command.clone(), request });
            }
            self.note_reply(command, answer);
        }
    }

    fn note_reply(&mut self, id: &CommandId, answer: &AcdReply) {
        match (answer, self.open_requests.get(id)) {
            (AcdReply::Claimed { line }, Some(AcdRequest::Claim(claim))) => {
                self.held_lines.insert(id.clone(), (claim.pool.clone(), line.clone()));
                self.open_requests.remove(id);
            }
            (AcdReply::Admitted { room, .. }, Some(AcdRequest::Admit { hotline, .. })) => {
                if *room {
                    let counted = self.counted.entry(id.call.clone()).or_default();
                    counted.entry(hotline.clone()).or_insert_with(|| id.clone());
                }
                self.open_requests.remove(id);
            }
            (AcdReply::Refused, Some(_)) => {
                self.open_requests.remove(id);
            }
            (_, _) => {}
        }
    }
}

/// The ids of all requests that a call can have made.
fn ids_of_call(call: &CallId) -> RangeInclusive<CommandId> {
    let id = |number| CommandId { call: call.clone(), number };
    id(0)..=id(u32::MAX)
}

/// Whether Redis need not get the request later: what came of it is repeated when Redis is available again.
fn leaves_nothing_behind(request: &AcdRequest) -> bool {
    match request {
        AcdRequest::Claim(_) | AcdRequest::Admit { .. } | AcdRequest::Place { .. } => true,
        AcdRequest::Release { .. }
        | AcdRequest::Abandon { .. }
        | AcdRequest::Remember { .. }
        | AcdRequest::Leave { .. }
        | AcdRequest::CountCode { .. } => false,
    }
}

fn gives_back(request: &AcdRequest) -> bool {
    match request {
        AcdRequest::Release { .. } | AcdRequest::Abandon { .. } | AcdRequest::Leave { .. } => true,
        AcdRequest::Claim(_)
        | AcdRequest::Admit { .. }
        | AcdRequest::Place { .. }
        | AcdRequest::Remember { .. }
        | AcdRequest::CountCode { .. } => false,
    }
}

#[cfg(test)]
mod tests;
