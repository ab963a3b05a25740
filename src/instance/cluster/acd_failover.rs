//! Who answers what calls share: the Redis of all daemons while it answers, a store of our own while it does not.
//!
//! What a call has by the last word of either, and what it asked and has no answer to, is noted here. When Redis is
//! away, our own store is told what our calls have, and answers from then on: it knows nothing of other daemons, so
//! a line may be rung beyond what it can take, by as many as there are daemons. When Redis is back it is told what
//! was given back meanwhile, what our calls have, and what they still ask for; nothing of that changes anything
//! where nothing was lost. What is lost is the rests that were running, and whose turn it was.
//!
//! Pure: no clock, no connection. Requests go out as [`Ask`]s and come back by [`AcdFailover::heard`].

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

/// The most that waits to be told to Redis when it is back; beyond it the oldest is dropped. Whatever a call has
/// is given back when the call is over, all the same.
const LATER_MAX: usize = 200_000;

/// How long Redis is left alone that refused something, though it answers: it may lack memory, or have something else
/// at a key.
const AGAIN_AFTER: Millis = Millis::seconds(2);
/// How long it may take until it has refused one word of it, or has not.
const TRIED_FOR: Millis = Millis::seconds(1);

/// How long ago something may have been given back for that to be told again when Redis is back: a server that took
/// over may lack what was written last.
const LOST_SPAN: Millis = Millis::seconds(60);
/// How much that was given back is remembered for that.
const GIVEN_BACK_MAX: usize = 20_000;

/// What goes out: questions for Redis, each with its time, and answers for the switchboard.
#[derive(Debug, Default)]
pub struct Out {
    /// In this order.
    pub asks: Vec<(Instant, RedisOp)>,
    /// In this order.
    pub answers: Vec<Event>,
}

/// What calls share, wherever it is.
#[derive(Debug, Default)]
pub struct AcdFailover {
    is_away: bool,
    /// Ours, and whether it is in use.
    own: Option<Box<Acd>>,
    /// Claims, and questions for room, that have no last answer yet.
    open: BTreeMap<CommandId, AcdRequest>,
    /// The lines that our calls have.
    held: BTreeMap<CommandId, (PoolId, LineId)>,
    /// In which hotlines our calls are counted.
    counted: BTreeMap<CallId, BTreeMap<Arc<str>, CommandId>>,
    /// What Redis has not heard.
    later: VecDeque<(Instant, RedisOp)>,
    /// What was given back lately, the longest ago first.
    given_back: VecDeque<(Instant, RedisOp)>,
    dropped: u64,
    /// When Redis, which answers and refused something, is told that again.
    again: Option<Again>,
}

/// What Redis refused for a reason that may last is tried with one word first, and then as a whole.
#[derive(Clone, Copy, Debug)]
struct Again {
    at: Instant,
    was_tried: bool,
}

impl AcdFailover {
    /// Whether Redis is away.
    pub fn is_away(&self) -> bool {
        self.is_away
    }

    /// How much Redis will never hear, because too much waited.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many lines our calls have.
    pub fn lines_held(&self) -> usize {
        self.held.len()
    }

    /// How many of our claims have no last answer yet.
    pub fn claims_open(&self) -> usize {
        self.open.values().filter(|request| matches!(request, AcdRequest::Claim(_))).count()
    }

    /// A call asks.
    pub fn ask(&mut self, now: Instant, id: CommandId, request: AcdRequest, out: &mut Out) {
        self.note_request(&id, &request);
        if self.is_away {
            self.ask_own(now, &id, &request, out);
            if !wants_answer_only(&request) {
                self.put_off(now, RedisOp::Request { id, request });
            }
            return;
        }
        if gives_back(&request) {
            // A line that our own store gave is given back there, too.
            if self.own.is_some() {
                self.ask_own(now, &id, &request, out);
            }
            self.note_given_back(now, &id, &request);
        }
        out.asks.push((now, RedisOp::Request { id, request }));
    }

    /// A call is over.
    pub fn forget(&mut self, now: Instant, call: &CallId, out: &mut Out) {
        self.strike(now, call, out);
        match self.is_away {
            true => self.put_off(now, RedisOp::Forget(call.clone())),
            false => out.asks.push((now, RedisOp::Forget(call.clone()))),
        }
    }

    /// Another daemon goes on with the call, and with what it has.
    pub fn leave(&mut self, now: Instant, call: &CallId, out: &mut Out) {
        self.strike(now, call, out);
        self.later.retain(|(_, ask)| ask.call() != Some(call));
        self.given_back.retain(|(_, ask)| ask.call() != Some(call));
    }

    fn strike(&mut self, now: Instant, call: &CallId, out: &mut Out) {
        // Calls end hundreds of times a second, among many thousands that go on.
        self.open.extract_if(all_of(call), |_, _| true).for_each(drop);
        self.held.extract_if(all_of(call), |_, _| true).for_each(drop);
        self.counted.remove(call);
        if let Some(own) = &mut self.own {
            let before = out.answers.len();
            own.forget(now, call, &mut out.answers);
            self.note_answers(before, out);
        }
    }

    /// The claims of the call that wait, or were asked and not answered, and could wait for long.
    pub fn waits(&self, call: &CallId) -> Vec<(u32, Claim)> {
        let claims = self.open.range(all_of(call)).filter_map(|(id, request)| match request {
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

    /// A call of a daemon before us is ours from now on, and so are these claims of it. What the call has besides
    /// is known once it was adopted.
    pub fn take_up(&mut self, now: Instant, call: &CallId, waits: Vec<(u32, Claim)>, out: &mut Out) {
        for (number, claim) in waits {
            let (id, request) = (CommandId { call: call.clone(), number }, AcdRequest::Claim(claim));
            self.open.insert(id.clone(), request.clone());
            if self.is_away {
                self.ask_own(now, &id, &request, out);
            }
        }
    }

    /// What a call has that was taken up, as Redis knows it. A claim that Redis does not know was never asked.
    fn adopted(&mut self, now: Instant, adopted: AdoptedCall, out: &mut Out) {
        let AdoptedCall { call, holds, waits, counted } = adopted;
        let id = |number| CommandId { call: call.clone(), number };
        for (number, line, pool) in holds {
            self.open.remove(&id(number));
            self.held.insert(id(number), (pool, line.clone()));
            out.answers.push(Event::Acd { command: id(number), reply: AcdReply::Claimed { line } });
        }
        let asked: Vec<u32> = waits.iter().map(|(number, _)| *number).collect();
        for (number, place) in waits {
            out.answers.push(Event::Acd { command: id(number), reply: AcdReply::Waiting(place) });
        }
        for hotline in counted {
            self.counted.entry(call.clone()).or_default().entry(hotline).or_insert_with(|| id(0));
        }
        for (number, claim) in self.waits(&call).into_iter().filter(|(number, _)| !asked.contains(number)) {
            out.asks.push((now, RedisOp::Request { id: id(number), request: AcdRequest::Claim(claim) }));
        }
    }

    /// When [`due`](Self::due) is wanted.
    pub fn deadline(&self) -> Option<Instant> {
        let own = self.own.as_ref().and_then(|own| own.deadline());
        own.into_iter().chain(self.again.map(|again| again.at)).min()
    }

    /// Does what is due in our own store, and tells Redis again what it refused.
    pub fn run_due(&mut self, now: Instant, out: &mut Out) {
        if let Some(again) = self.again.take_if(|again| again.at <= now) {
            self.tell_again(now, again.was_tried, out);
        }
        let Some(own) = &mut self.own else { return };
        let before = out.answers.len();
        own.due(now, &mut out.answers);
        self.note_answers(before, out);
    }

    /// Redis said something, or is silent. Gives back the failure where we act for the switch no more.
    pub fn heard(&mut self, now: Instant, heard: RedisEvent, out: &mut Out) -> Option<RedisFailure> {
        match heard {
            RedisEvent::AcdReply(event) => self.heard_event(event, out),
            RedisEvent::Failed { op: asked, failure } => {
                if failure.remedy() == Remedy::StandBy {
                    return Some(failure);
                }
                self.failed(now, asked.at, asked.op, out);
            }
            RedisEvent::Unavailable(_) => {
                (self.is_away, self.again) = (true, None);
                self.take_over(now, out);
            }
            RedisEvent::Available => self.back(now, out),
            RedisEvent::Adopted(calls) => calls.into_iter().for_each(|call| self.adopted(now, call, out)),
            RedisEvent::Forgotten { .. } | RedisEvent::Usage(_) | RedisEvent::BarrierReached(_) => {}
        }
        None
    }

    fn tell_again(&mut self, now: Instant, was_tried: bool, out: &mut Out) {
        let one = self.standing().next().filter(|_| !was_tried);
        match one {
            Some((_, ask)) => {
                out.asks.push((now, ask));
                self.again = Some(Again { at: now + TRIED_FOR, was_tried: true });
            }
            None => self.back(now, out),
        }
    }

    fn heard_event(&mut self, event: Event, out: &mut Out) {
        if let Event::Acd { command, reply: answer } = &event {
            // Our own store has answered it meanwhile.
            if matches!(answer, AcdReply::Claimed { .. }) && self.held.contains_key(command) {
                return;
            }
            self.note_answer(&command.clone(), &answer.clone());
        }
        out.answers.push(event);
    }

    /// Nobody knows whether it was done. To do it twice is to do it once.
    fn failed(&mut self, now: Instant, at: Instant, ask: RedisOp, out: &mut Out) {
        if !self.is_away {
            self.again = Some(Again { at: now + AGAIN_AFTER, was_tried: false });
        }
        match ask {
            RedisOp::Request { id, request } => {
                // What was answered, or is not wanted any more, needs no answer of ours.
                let is_open = match &request {
                    AcdRequest::Claim(_) | AcdRequest::Admit { .. } => self.open.contains_key(&id),
                    AcdRequest::Place { .. } | AcdRequest::CountCode { .. } => true,
                    AcdRequest::Release { .. }
                    | AcdRequest::Abandon { .. }
                    | AcdRequest::Remember { .. }
                    | AcdRequest::Leave { .. } => false,
                };
                if is_open {
                    self.take_over(now, out);
                    self.ask_own(now, &id, &request, out);
                }
                if !wants_answer_only(&request) {
                    self.put_off(at, RedisOp::Request { id, request });
                }
            }
            RedisOp::Forget(_) => self.put_off(at, ask),
            // What is held is told again with the rest, and whoever keeps calls sees to those.
            RedisOp::Hold { .. }
            | RedisOp::Replicate { .. }
            | RedisOp::Barrier(_)
            | RedisOp::RunDue
            | RedisOp::CountUsage => {}
        }
    }

    /// Lets our own store answer, which is told first what our calls have, and then what they ask for.
    fn take_over(&mut self, now: Instant, out: &mut Out) {
        if self.own.is_some() {
            return;
        }
        let mut own = Box::new(Acd::default());
        let mut known = Vec::new();
        for (id, (pool, line)) in &self.held {
            own.hold(now, id, pool, line);
        }
        for (hotline, id) in self.counted.values().flatten() {
            let admit = AcdRequest::Admit { hotline: hotline.clone(), calls_max: None, recent: None };
            own.ask(now, id, &admit, &mut known);
        }
        self.own = Some(own);
        if self.is_away {
            for (id, request) in self.open.clone() {
                self.ask_own(now, &id, &request, out);
            }
        }
    }

    /// Redis answers again: what it may not know is told.
    fn back(&mut self, now: Instant, out: &mut Out) {
        self.is_away = false;
        (self.own, self.again) = (None, None);
        // A line that is given back twice is given back once. Of a call that is over, all is given back with it.
        let lately = self.given_back.iter().filter(|(at, ask)| {
            now.since(*at) <= LOST_SPAN && ask.call().is_some_and(|call| self.has_anything(call))
        });
        out.asks.extend(lately.cloned());
        out.asks.extend(self.later.drain(..));
        // Claims of a call rise, and so must what is told of them.
        let mut all: Vec<(&CommandId, RedisOp)> = self.standing().collect();
        all.sort_by_key(|(id, _)| *id);
        out.asks.extend(all.into_iter().map(|(_, ask)| (now, ask)));
    }

    /// Whether the call has a line, waits for one, or is counted.
    fn has_anything(&self, call: &CallId) -> bool {
        self.counted.contains_key(call)
            || self.held.range(all_of(call)).next().is_some()
            || self.open.range(all_of(call)).next().is_some()
    }

    /// What our calls have and ask for, each to be told by its name.
    fn standing(&self) -> impl Iterator<Item = (&CommandId, RedisOp)> {
        let holds = self.held.iter().map(|(id, (pool, line))| {
            (id, RedisOp::Hold { id: id.clone(), line: line.clone(), pool: pool.clone() })
        });
        let open = self
            .open
            .iter()
            .map(|(id, request)| (id, RedisOp::Request { id: id.clone(), request: request.clone() }));
        let admits = self.counted.values().flatten().map(|(hotline, id)| {
            let request = AcdRequest::Admit { hotline: hotline.clone(), calls_max: None, recent: None };
            (id, RedisOp::Request { id: id.clone(), request })
        });
        admits.chain(holds).chain(open)
    }

    fn ask_own(&mut self, now: Instant, id: &CommandId, request: &AcdRequest, out: &mut Out) {
        let Some(own) = &mut self.own else { return };
        let before = out.answers.len();
        own.ask(now, id, request, &mut out.answers);
        self.note_answers(before, out);
    }

    fn put_off(&mut self, at: Instant, ask: RedisOp) {
        if self.later.len() >= LATER_MAX {
            self.later.pop_front();
            self.dropped += 1;
        }
        self.later.push_back((at, ask));
    }

    fn note_given_back(&mut self, now: Instant, id: &CommandId, request: &AcdRequest) {
        let is_old = |(at, _): &mut (Instant, RedisOp)| now.since(*at) > LOST_SPAN;
        while self.given_back.pop_front_if(is_old).is_some() {}
        if self.given_back.len() >= GIVEN_BACK_MAX {
            self.given_back.pop_front();
        }
        let ask = RedisOp::Request { id: id.clone(), request: request.clone() };
        self.given_back.push_back((now, ask));
    }

    fn note_request(&mut self, id: &CommandId, request: &AcdRequest) {
        match request {
            AcdRequest::Claim(_) | AcdRequest::Admit { .. } => {
                self.open.insert(id.clone(), request.clone());
            }
            AcdRequest::Release { claim, .. } | AcdRequest::Abandon { claim } => {
                let claim = CommandId { call: id.call.clone(), number: *claim };
                self.open.remove(&claim);
                self.held.remove(&claim);
            }
            AcdRequest::Leave { hotline } => {
                if let Some(counted) = self.counted.get_mut(&id.call) {
                    counted.remove(hotline);
                }
            }
            AcdRequest::Place { .. } | AcdRequest::Remember { .. } | AcdRequest::CountCode { .. } => {}
        }
    }

    fn note_answers(&mut self, from: usize, out: &Out) {
        for event in &out.answers[from..] {
            if let Event::Acd { command, reply: answer } = event {
                self.note_answer(command, answer);
            }
        }
    }

    fn note_answer(&mut self, id: &CommandId, answer: &AcdReply) {
        match (answer, self.open.get(id)) {
            (AcdReply::Claimed { line }, Some(AcdRequest::Claim(claim))) => {
                self.held.insert(id.clone(), (claim.pool.clone(), line.clone()));
                self.open.remove(id);
            }
            (AcdReply::Admitted { room, .. }, Some(AcdRequest::Admit { hotline, .. })) => {
                if *room {
                    let counted = self.counted.entry(id.call.clone()).or_default();
                    counted.entry(hotline.clone()).or_insert_with(|| id.clone());
                }
                self.open.remove(id);
            }
            (AcdReply::Refused, Some(_)) => {
                self.open.remove(id);
            }
            (_, _) => {}
        }
    }
}

/// The names of all that a call can have asked.
fn all_of(call: &CallId) -> RangeInclusive<CommandId> {
    let id = |number| CommandId { call: call.clone(), number };
    id(0)..=id(u32::MAX)
}

/// Whether a request leaves nothing behind that Redis would have to know later, but its answer.
fn wants_answer_only(request: &AcdRequest) -> bool {
    match request {
        // What comes of these is told when Redis is back.
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
