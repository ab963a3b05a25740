//! The rules of lines and queues, written down as plainly as possible and without any care for speed.

use hotlined_core::command::{AcdRequest, Claim, Pick, PoolId};
use hotlined_core::event::{AcdReply, QueuePosition};
use hotlined_core::id::LineId;
use hotlined_core::time::{Instant, Millis};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A claim: its call and number.
pub type Name = (String, u32);

#[derive(Clone)]
pub struct Waits {
    pub name: Name,
    pub claim: Claim,
    order: usize,
}

#[derive(Clone)]
pub struct Holds {
    pub name: Name,
    pub line: LineId,
    pool: PoolId,
}

#[derive(Default)]
pub struct Model {
    pub now: Instant,
    pub holds: Vec<Holds>,
    pub waits: Vec<Waits>,
    /// When a rest is over, in order of beginning, and whose.
    rests: Vec<(Instant, LineId)>,
    highest: BTreeMap<String, u32>,
    turned: Vec<(String, PoolId)>,
    turn: BTreeMap<PoolId, (LineId, usize)>,
    talks: BTreeMap<(PoolId, LineId), f64>,
    last_talk: BTreeMap<LineId, Instant>,
    owed: BTreeMap<(PoolId, LineId), i64>,
    remembered: BTreeMap<(PoolId, String), (LineId, Instant)>,
    pace: BTreeMap<PoolId, u64>,
    unserved_since: BTreeMap<PoolId, Instant>,
    orders: usize,
}

impl Model {
    pub fn taken(&self, line: &LineId) -> usize {
        self.holds.iter().filter(|holds| holds.line == *line).count()
            + self.rests.iter().filter(|(_, at)| at == line).count()
    }

    pub fn held(&self, line: &LineId) -> usize {
        self.holds.iter().filter(|holds| holds.line == *line).count()
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.rests.iter().map(|(until, _)| *until).min()
    }

    pub fn due(&mut self, now: Instant) -> Vec<(Name, AcdReply)> {
        self.now = now;
        let mut told = Vec::new();
        while let Some(at) =
            (0..self.rests.len()).filter(|at| self.rests[*at].0 <= now).min_by_key(|at| self.rests[*at].0)
        {
            self.rests.remove(at);
            self.serve(&mut told);
        }
        told
    }

    pub fn ask(&mut self, now: Instant, name: &Name, request: &AcdRequest) -> Vec<(Name, AcdReply)> {
        let abandons = matches!(request, AcdRequest::Abandon { .. });
        self.now = now;
        let mut told = if abandons { Vec::new() } else { self.due(now) };
        match request {
            AcdRequest::Claim(claim) => {
                let answer = self.claim(name, claim);
                told.push((name.clone(), answer));
            }
            AcdRequest::Release { claim, talked, rest } => {
                self.release(&(name.0.clone(), *claim), *talked, *rest, &mut told);
            }
            AcdRequest::Abandon { claim } => {
                let of = (name.0.clone(), *claim);
                self.stop_waiting(&of);
                self.release(&of, false, Millis(0), &mut told);
            }
            AcdRequest::Place { claim } => {
                if let Some(place) = self.place(&(name.0.clone(), *claim)) {
                    told.push((name.clone(), AcdReply::Waiting(place)));
                }
            }
            AcdRequest::Remember { pool, caller, line, keep } => {
                let kept = (line.clone(), now + *keep);
                self.remembered.insert((pool.clone(), caller.to_string()), kept);
            }
            other => panic!("{other:?} is no matter of lines"),
        }
        told
    }

    pub fn forget(&mut self, now: Instant, call: &str) -> Vec<(Name, AcdReply)> {
        self.now = now;
        let mut told = Vec::new();
        self.waits.retain(|waits| waits.name.0 != call);
        let of_call = self.holds.iter().filter(|holds| holds.name.0 == call);
        let mut left: Vec<Name> = of_call.map(|holds| holds.name.clone()).collect();
        left.sort();
        for name in left {
            self.release(&name, false, Millis(0), &mut told);
        }
        self.highest.remove(call);
        self.turned.retain(|(turned, _)| turned != call);
        told
    }

    fn claim(&mut self, name: &Name, claim: &Claim) -> AcdReply {
        if let Some(holds) = self.holds.iter().find(|holds| holds.name == *name) {
            return AcdReply::Claimed { line: holds.line.clone() };
        }
        if let Some(place) = self.place(name) {
            return AcdReply::Waiting(place);
        }
        let highest = self.highest.entry(name.0.clone()).or_default();
        if name.1 <= *highest {
            return AcdReply::Refused;
        }
        *highest = name.1;
        if let Some((at, by_turn)) = self.choose(claim) {
            return self.take(name, claim, at, by_turn);
        }
        let Some(turn) = claim.wait.filter(|_| !claim.agents.is_empty()) else { return AcdReply::Refused };
        let queue = self.waits.iter().filter(|waits| waits.claim.pool == claim.pool).count();
        if queue >= usize::from(turn.length_max) {
            return AcdReply::Refused;
        }
        if queue == 0 {
            self.unserved_since.insert(claim.pool.clone(), self.now);
        }
        self.orders += 1;
        self.waits.push(Waits { name: name.clone(), claim: claim.clone(), order: self.orders });
        AcdReply::Waiting(self.place(name).unwrap())
    }

    fn is_free(&self, claim: &Claim, at: usize) -> bool {
        self.taken(&claim.agents[at].line) < usize::from(claim.agents[at].lines)
    }

    fn choose(&self, claim: &Claim) -> Option<(usize, bool)> {
        let count = claim.agents.len();
        let known = claim.caller.as_ref().and_then(|caller| {
            let (line, until) = self.remembered.get(&(claim.pool.clone(), caller.to_string()))?;
            let at = claim.agents.iter().position(|agent| agent.line == *line)?;
            (*until > self.now && self.is_free(claim, at)).then_some(at)
        });
        if let Some(at) = known {
            return Some((at, false));
        }
        let free = (0..count).filter(|at| self.is_free(claim, *at));
        let line = |at: usize| claim.agents[at].line.clone();
        let key = |at: usize| (claim.pool.clone(), line(at));
        let chosen = match claim.pick {
            Pick::First => free.min(),
            Pick::NextInTurn => {
                let from = self.turn.get(&claim.pool).map_or(0, |(last, at)| {
                    claim.agents.iter().position(|agent| agent.line == *last).map_or(*at, |at| at + 1)
                });
                let from = from % count.max(1);
                free.min_by_key(|at| (at + count - from) % count)
            }
            Pick::FewestCalls => {
                let talks =
                    |at| self.talks.get(&key(at)).copied().unwrap_or(0.0) + self.held(&line(at)) as f64;
                free.min_by(|a, b| talks(*a).total_cmp(&talks(*b)))
            }
            Pick::LongestIdle => {
                free.min_by_key(|at| (self.held(&line(*at)), self.last_talk.get(&line(*at))))
            }
            Pick::ByShare => free.min_by_key(|at| {
                Reverse(self.owed.get(&key(*at)).unwrap_or(&0) + i64::from(claim.agents[*at].share))
            }),
        };
        chosen.map(|at| (at, true))
    }

    fn take(&mut self, name: &Name, claim: &Claim, at: usize, by_turn: bool) -> AcdReply {
        let line = claim.agents[at].line.clone();
        let turned = (name.0.clone(), claim.pool.clone());
        if claim.pick == Pick::NextInTurn && by_turn && !self.turned.contains(&turned) {
            self.turned.push(turned);
            self.turn.insert(claim.pool.clone(), (line.clone(), at));
        }
        if claim.pick == Pick::ByShare {
            let whole: i64 = claim.agents.iter().map(|agent| i64::from(agent.share)).sum();
            for (place, agent) in claim.agents.iter().enumerate() {
                let owed = self.owed.entry((claim.pool.clone(), agent.line.clone())).or_default();
                *owed += i64::from(agent.share) - if place == at { whole } else { 0 };
                *owed = (*owed).clamp(-10 * whole, 10 * whole);
            }
        }
        self.holds.push(Holds { name: name.clone(), line: line.clone(), pool: claim.pool.clone() });
        AcdReply::Claimed { line }
    }

    fn release(&mut self, name: &Name, talked: bool, rest: Millis, told: &mut Vec<(Name, AcdReply)>) {
        let Some(at) = self.holds.iter().position(|holds| holds.name == *name) else { return };
        let Holds { line, pool, .. } = self.holds.remove(at);
        if talked {
            *self.talks.entry((pool, line.clone())).or_default() += 1.0;
            self.last_talk.insert(line.clone(), self.now);
        }
        if rest > Millis(0) {
            self.rests.push((self.now + rest, line));
        }
        self.serve(told);
    }

    /// Gives lines to who waits, the first who can have any first, until nobody can.
    fn serve(&mut self, told: &mut Vec<(Name, AcdReply)>) {
        loop {
            let mut queue: Vec<&Waits> = self.waits.iter().collect();
            queue.sort_by_key(|waits| rank(waits));
            let served = queue.into_iter().find_map(|waits| {
                let at = (0..waits.claim.agents.len()).find(|at| self.is_free(&waits.claim, *at))?;
                Some((waits.clone(), at))
            });
            let Some((waits, at)) = served else { return };
            let pool = waits.claim.pool.clone();
            let took = self.now.since(self.unserved_since[&pool]).0;
            let pace = self.pace.entry(pool.clone()).or_insert(took);
            *pace = (*pace * 7 + took) / 8;
            self.unserved_since.insert(pool, self.now);
            self.stop_waiting(&waits.name);
            let answer = self.take(&waits.name, &waits.claim, at, true);
            told.push((waits.name, answer));
        }
    }

    fn stop_waiting(&mut self, name: &Name) {
        self.waits.retain(|waits| waits.name != *name);
    }

    fn place(&self, name: &Name) -> Option<QueuePosition> {
        let waits = self.waits.iter().find(|waits| waits.name == *name)?;
        let pool = &waits.claim.pool;
        let before = |other: &&Waits| other.claim.pool == *pool && rank(other) < rank(waits);
        let ahead = self.waits.iter().filter(before).count() as u64;
        let estimate = self.pace.get(pool).map(|pace| Millis(pace * (ahead + 1)));
        Some(QueuePosition { ahead: ahead as u32, estimate })
    }
}

pub fn rank(waits: &Waits) -> (Reverse<u8>, Instant, usize) {
    let turn = waits.claim.wait.unwrap();
    (Reverse(turn.priority), turn.since, waits.order)
}
