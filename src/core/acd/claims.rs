//! Which call has which line, and which call waits for one.
//!
//! What holds between any two requests: no line is free that a waiting claim could have. So no claim can
//! overtake another that waits: whatever a new one finds free, nobody who waits could take.

use super::CALLS_KNOWN_MAX;
use super::expiring::Fading;
use super::line::{LINES_KNOWN_MAX, Lines};
use super::pick::{Choice, Choosing, share_out};
use super::queue::{POOLS_KNOWN_MAX, Pool, Queues, Rank, Seat, WAITING_PER_POOL_MAX};
use super::slots::{Place, Shelf};
use crate::command::{Claim, Pick, PoolId, QueueRank};
use crate::event::{AcdReply, Event, QueuePosition};
use crate::id::{CallId, CommandId, LineId};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most candidates of a claim; those behind are not looked at. A hotline has at most 500 agents.
pub const CANDIDATES_MAX: usize = 1_000;
/// The most claims of one call that hold or wait at a time; a further one is refused.
pub const CLAIMS_PER_CALL_MAX: usize = 512;
/// The most pools in which a call moved the turn; beyond them the first is forgotten.
pub const TURNS_PER_CALL_MAX: usize = 64;
/// The most callers whose last agent is remembered, over all pools; beyond them the one whose time ends soonest
/// is forgotten.
const REMEMBERED_MAX: usize = 500_000;

/// Lines, queues, and who holds or waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    lines: Lines,
    pools: Shelf<PoolId, Pool>,
    pools_made: u32,
    queues: Queues,
    calls: BTreeMap<CallId, Claimant>,
    /// The lines at rest, by when it ends; the number sets two rests of one line apart.
    resting: BTreeSet<(Instant, u64, Place)>,
    /// Counts what must be told apart by which came first.
    order: u64,
    held: usize,
    remembered: Fading<(Arc<str>, PoolId), LineId>,
    /// Kept for its room.
    #[serde(skip)]
    seats: Vec<Seat>,
}

/// What a call claimed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Claimant {
    /// The highest number of its claims so far. They rise, so one that is not higher is a repetition.
    highest: u32,
    standing: Vec<(u32, Standing)>,
    /// The pools in which it moved the turn, by number.
    turns: Vec<u32>,
}

/// What became of a claim that is not over.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Standing {
    /// It has this line, as a claim of the pool of this number.
    Holds { line: Place, pool: u32 },
    /// It waits.
    Waits(Rank),
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            lines: Shelf::new(LINES_KNOWN_MAX),
            pools: Shelf::new(POOLS_KNOWN_MAX),
            pools_made: 0,
            queues: Queues::default(),
            calls: BTreeMap::new(),
            resting: BTreeSet::new(),
            order: 0,
            held: 0,
            remembered: Fading::new(REMEMBERED_MAX),
            seats: Vec::new(),
        }
    }
}

impl Claims {
    /// How many lines are held.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// How many claims wait.
    pub(super) fn waiting(&self) -> usize {
        self.queues.len()
    }

    /// When the next rest is over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.resting.first().map(|(until, ..)| *until)
    }

    /// Gives out the lines whose rest is over.
    pub(super) fn due(&mut self, now: Instant, out: &mut Vec<Event>) {
        while let Some((_, _, line)) = self.resting.first().copied().filter(|(until, ..)| *until <= now) {
            self.resting.pop_first();
            let resting = &mut self.lines.at_mut(line).resting;
            *resting = resting.saturating_sub(1);
            self.hand_on(now, line, out);
        }
    }

    pub(super) fn claim(&mut self, now: Instant, id: &CommandId, claim: &Claim) -> AcdReply {
        match self.standing(&id.call, id.number) {
            Some(Standing::Holds { line, .. }) => {
                return AcdReply::Claimed { line: self.lines.name(line).clone() };
            }
            Some(Standing::Waits(rank)) => {
                return self.place_of(&rank).map_or(AcdReply::Refused, AcdReply::Waiting);
            }
            None => {}
        }
        if !self.is_new(id) {
            return AcdReply::Refused;
        }
        let Some(place) = self.pool(now, &claim.pool) else { return AcdReply::Refused };
        let remembered =
            claim.caller.as_ref().and_then(|c| self.remembered.get(now, &(c.clone(), claim.pool.clone())));
        let agents = &claim.agents[..claim.agents.len().min(CANDIDATES_MAX)];
        let mut seats = std::mem::take(&mut self.seats);
        let pool = self.pools.at_mut(place);
        let choice = Choosing { now, lines: &mut self.lines, pool, agents, seats: &mut seats }
            .choose(claim.pick, remembered);
        let answer = match (choice, &claim.wait) {
            (Some(choice), _) => self.take(id, place, (claim.pick, &seats), choice),
            (None, Some(turn)) if !seats.is_empty() => self.enter(now, id, place, (claim.pick, &seats), turn),
            (None, _) => AcdReply::Refused,
        };
        self.seats = seats;
        answer
    }

    /// Enters that the claim has this line, whatever else is known of it, unless the claim stands already.
    pub(super) fn hold(&mut self, now: Instant, id: &CommandId, pool: &PoolId, line: &LineId) {
        match self.standing(&id.call, id.number) {
            Some(Standing::Holds { .. }) => return,
            Some(Standing::Waits(rank)) => self.leave(now, id, &rank),
            None => {}
        }
        let Some(place) = self.pool(now, pool) else { return };
        let Some(at) = self.lines.place(line, |line| line.is_stale(now)) else { return };
        let standing = Standing::Holds { line: at, pool: self.pools.at(place).number };
        self.stand(id, standing);
        if let Some(claimant) = self.calls.get_mut(&id.call) {
            claimant.highest = claimant.highest.max(id.number);
        }
        let line = self.lines.at_mut(at);
        line.used = now;
        line.held += 1;
        self.held += 1;
    }

    /// Gives back what the claim holds. What it waits for it goes on waiting for.
    pub(super) fn release(
        &mut self,
        now: Instant,
        (call, claim): (&CallId, u32),
        (talked, rest): (bool, Millis),
        out: &mut Vec<Event>,
    ) {
        let Some(Standing::Holds { line: place, pool }) = self.standing(call, claim) else { return };
        self.strike(call, claim);
        self.held -= 1;
        let line = self.lines.at_mut(place);
        line.held = line.held.saturating_sub(1);
        line.used = now;
        if talked {
            line.count_talk(pool, now);
        }
        if rest > Millis(0) {
            line.resting += 1;
            self.order += 1;
            self.resting.insert((now + rest, self.order, place));
        } else {
            self.hand_on(now, place, out);
        }
    }

    /// Ends the claim, whether it waits or holds.
    pub(super) fn abandon(&mut self, now: Instant, call: &CallId, claim: u32, out: &mut Vec<Event>) {
        match self.standing(call, claim) {
            None => {}
            Some(Standing::Holds { .. }) => self.release(now, (call, claim), (false, Millis(0)), out),
            Some(Standing::Waits(rank)) => {
                self.leave(now, &CommandId { call: call.clone(), number: claim }, &rank);
            }
        }
    }

    /// The claim waits no longer.
    fn leave(&mut self, now: Instant, id: &CommandId, rank: &Rank) {
        self.strike(&id.call, id.number);
        if let Some(place) = self.queues.waiter(rank).map(|waiter| waiter.pool) {
            self.queues.leave(now, rank, false, self.pools.at_mut(place), &mut self.lines);
        }
    }

    /// Where the claim stands in its queue, if it waits.
    pub(super) fn place(&self, call: &CallId, claim: u32) -> Option<QueuePosition> {
        match self.standing(call, claim)? {
            Standing::Waits(rank) => self.place_of(&rank),
            Standing::Holds { .. } => None,
        }
    }

    pub(super) fn remember(
        &mut self,
        now: Instant,
        (caller, pool): (&Arc<str>, &PoolId),
        line: &LineId,
        keep: Millis,
    ) {
        let key = (caller.clone(), pool.clone());
        self.remembered.put(now, key, line.clone(), now + keep);
    }

    /// The call is over. Gives back how many claims of it still held or waited.
    pub(super) fn forget(&mut self, now: Instant, call: &CallId, out: &mut Vec<Event>) -> usize {
        let standing = self.calls.get(call).map_or(&[][..], |claimant| &claimant.standing);
        let mut left: Vec<(bool, u32)> = standing
            .iter()
            .map(|(number, standing)| (matches!(standing, Standing::Holds { .. }), *number))
            .collect();
        // What waits goes first, so that nothing is given to a call that is over.
        left.sort_unstable();
        for (_, claim) in &left {
            self.abandon(now, call, *claim, out);
        }
        self.calls.remove(call);
        left.len()
    }

    fn standing(&self, call: &CallId, claim: u32) -> Option<Standing> {
        let claimant = self.calls.get(call)?;
        claimant.standing.iter().find(|(number, _)| *number == claim).map(|(_, standing)| *standing)
    }

    fn strike(&mut self, call: &CallId, claim: u32) {
        if let Some(claimant) = self.calls.get_mut(call) {
            claimant.standing.retain(|(number, _)| *number != claim);
        }
    }

    fn place_of(&self, rank: &Rank) -> Option<QueuePosition> {
        Some(self.pools.at(self.queues.waiter(rank)?.pool).place(rank))
    }

    /// Whether this is a claim that was never made before, of a call that may make one more.
    fn is_new(&mut self, id: &CommandId) -> bool {
        let room = self.calls.len() < CALLS_KNOWN_MAX || self.calls.contains_key(&id.call);
        if !room {
            return false;
        }
        let claimant = self.calls.entry(id.call.clone()).or_default();
        let new = id.number > claimant.highest && claimant.standing.len() < CLAIMS_PER_CALL_MAX;
        claimant.highest = claimant.highest.max(id.number);
        new
    }

    fn pool(&mut self, now: Instant, name: &PoolId) -> Option<Place> {
        let place = self.pools.place(name, |pool| pool.is_stale(now))?;
        let pool = self.pools.at_mut(place);
        pool.used = now;
        if pool.number == 0 {
            self.pools_made += 1;
            pool.number = self.pools_made;
        }
        Some(place)
    }

    fn enter(
        &mut self,
        now: Instant,
        id: &CommandId,
        place: Place,
        wish: (Pick, &[Seat]),
        turn: &QueueRank,
    ) -> AcdReply {
        let pool = self.pools.at_mut(place);
        if pool.length() >= usize::from(turn.length_max).min(WAITING_PER_POOL_MAX) {
            return AcdReply::Refused;
        }
        self.order += 1;
        let rank = Rank { priority: Reverse(turn.priority), since: turn.since, asked: self.order };
        self.queues.enter(now, (place, pool), &mut self.lines, wish, (rank, id.clone()));
        self.stand(id, Standing::Waits(rank));
        AcdReply::Waiting(self.pools.at(place).place(&rank))
    }

    fn stand(&mut self, id: &CommandId, standing: Standing) {
        self.calls.entry(id.call.clone()).or_default().standing.push((id.number, standing));
    }

    fn take(
        &mut self,
        id: &CommandId,
        place: Place,
        (pick, seats): (Pick, &[Seat]),
        choice: Choice,
    ) -> AcdReply {
        let pool = self.pools.at_mut(place);
        let number = pool.number;
        let claimant = self.calls.entry(id.call.clone()).or_default();
        claimant.standing.push((id.number, Standing::Holds { line: choice.line, pool: number }));
        let line = self.lines.name(choice.line).clone();
        match pick {
            Pick::NextInTurn if choice.by_turn && !claimant.turns.contains(&number) => {
                if claimant.turns.len() >= TURNS_PER_CALL_MAX {
                    claimant.turns.remove(0);
                }
                claimant.turns.push(number);
                pool.turn = Some((line.clone(), choice.at));
            }
            Pick::ByShare => share_out(&mut self.lines, number, seats, choice.at),
            Pick::First | Pick::NextInTurn | Pick::FewestCalls | Pick::LongestIdle => {}
        }
        self.lines.at_mut(choice.line).held += 1;
        self.held += 1;
        AcdReply::Claimed { line }
    }

    /// A line may have come free: who has waited longest for it has it.
    fn hand_on(&mut self, now: Instant, line: Place, out: &mut Vec<Event>) {
        // Each round takes the line once more, so this ends when it is full.
        while let Some((rank, at)) = self.queues.first_for(&self.lines, line) {
            let Some(place) = self.queues.waiter(&rank).map(|waiter| waiter.pool) else { return };
            let pool = self.pools.at_mut(place);
            let Some(waiter) = self.queues.leave(now, &rank, true, pool, &mut self.lines) else { return };
            self.strike(&waiter.id.call, waiter.id.number);
            let choice = Choice { line, at, by_turn: true };
            self.lines.at_mut(line).used = now;
            self.pools.at_mut(place).used = now;
            let answer = self.take(&waiter.id, place, (waiter.pick, &waiter.seats), choice);
            out.push(Event::Acd { command: waiter.id, reply: answer });
        }
    }
}
