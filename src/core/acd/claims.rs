//! The claims of all calls: which call holds which line, and which call waits for a line.
//!
//! Between two requests, no line is free that a waiting claim could have. So no claim can overtake a waiting claim: a
//! new claim finds free only lines that no waiting claim could take.

use super::CALLS_KNOWN_MAX;
use super::expiring_map::ExpiringMap;
use super::line::{LINES_KNOWN_MAX, Lines};
use super::line_choice::{Choice, Choosing, share_out};
use super::queue::{CandidateSlot, POOLS_KNOWN_MAX, Pool, Queues, WAITING_PER_POOL_MAX, WaitRank};
use super::slot_table::{SlotIx, SlotTable};
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

/// All lines, queues and claims.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    lines: Lines,
    pools: SlotTable<PoolId, Pool>,
    pools_made: u32,
    queues: Queues,
    calls: BTreeMap<CallId, CallClaims>,
    /// The lines at rest, by the end of the rest. The number distinguishes two rests of one line.
    resting: BTreeSet<(Instant, u64, SlotIx)>,
    /// A counter that puts claims and rests in order.
    order: u64,
    held: usize,
    remembered: ExpiringMap<(Arc<str>, PoolId), LineId>,
    /// Reused by every claim, so that a claim allocates nothing.
    #[serde(skip)]
    candidates: Vec<CandidateSlot>,
}

/// The claims of one call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct CallClaims {
    /// The highest claim number so far. The numbers rise, so a claim whose number is not higher is a repetition.
    highest: u32,
    #[serde(rename = "standing")]
    open: Vec<(u32, ClaimState)>,
    /// The numbers of the pools whose turn this call moved.
    turns: Vec<u32>,
}

/// The state of a claim that has not ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum ClaimState {
    /// The claim holds this line, as a claim of the pool of this number.
    Holds { line: SlotIx, pool: u32 },
    /// The claim waits.
    Waits(WaitRank),
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            lines: SlotTable::new(LINES_KNOWN_MAX),
            pools: SlotTable::new(POOLS_KNOWN_MAX),
            pools_made: 0,
            queues: Queues::default(),
            calls: BTreeMap::new(),
            resting: BTreeSet::new(),
            order: 0,
            held: 0,
            remembered: ExpiringMap::new(REMEMBERED_MAX),
            candidates: Vec::new(),
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

    /// When the next rest ends.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.resting.first().map(|(until, ..)| *until)
    }

    /// Offers the lines whose rest has ended.
    pub(super) fn due(&mut self, now: Instant, out: &mut Vec<Event>) {
        while let Some((_, _, line)) = self.resting.first().copied().filter(|(until, ..)| *until <= now) {
            self.resting.pop_first();
            let resting = &mut self.lines.at_mut(line).resting;
            *resting = resting.saturating_sub(1);
            self.offer_line(now, line, out);
        }
    }

    pub(super) fn claim(&mut self, now: Instant, id: &CommandId, claim: &Claim) -> AcdReply {
        match self.claim_state(&id.call, id.number) {
            Some(ClaimState::Holds { line, .. }) => {
                return AcdReply::Claimed { line: self.lines.name(line).clone() };
            }
            Some(ClaimState::Waits(rank)) => {
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
        let mut candidates = std::mem::take(&mut self.candidates);
        let pool = self.pools.at_mut(place);
        let choice = Choosing { now, lines: &mut self.lines, pool, agents, candidates: &mut candidates }
            .choose(claim.pick, remembered);
        let answer = match (choice, &claim.wait) {
            (Some(choice), _) => self.take(id, place, (claim.pick, &candidates), choice),
            (None, Some(turn)) if !candidates.is_empty() => {
                self.enter(now, id, place, (claim.pick, &candidates), turn)
            }
            (None, _) => AcdReply::Refused,
        };
        self.candidates = candidates;
        answer
    }

    /// Records that the claim holds this line, even beyond the capacity of the line. Nothing changes if the claim
    /// already holds a line.
    pub(super) fn hold(&mut self, now: Instant, id: &CommandId, pool: &PoolId, line: &LineId) {
        match self.claim_state(&id.call, id.number) {
            Some(ClaimState::Holds { .. }) => return,
            Some(ClaimState::Waits(rank)) => self.leave(now, id, &rank),
            None => {}
        }
        let Some(place) = self.pool(now, pool) else { return };
        let Some(at) = self.lines.slot(line, |line| line.is_stale(now)) else { return };
        let open = ClaimState::Holds { line: at, pool: self.pools.at(place).number };
        self.add_claim(id, open);
        if let Some(call_claims) = self.calls.get_mut(&id.call) {
            call_claims.highest = call_claims.highest.max(id.number);
        }
        let line = self.lines.at_mut(at);
        line.used = now;
        line.held += 1;
        self.held += 1;
    }

    /// Releases the line of a claim. A waiting claim goes on waiting.
    pub(super) fn release(
        &mut self,
        now: Instant,
        (call, claim): (&CallId, u32),
        (talked, rest): (bool, Millis),
        out: &mut Vec<Event>,
    ) {
        let Some(ClaimState::Holds { line: place, pool }) = self.claim_state(call, claim) else { return };
        self.remove_claim(call, claim);
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
            self.offer_line(now, place, out);
        }
    }

    /// Ends a claim that waits or holds a line.
    pub(super) fn abandon(&mut self, now: Instant, call: &CallId, claim: u32, out: &mut Vec<Event>) {
        match self.claim_state(call, claim) {
            None => {}
            Some(ClaimState::Holds { .. }) => self.release(now, (call, claim), (false, Millis(0)), out),
            Some(ClaimState::Waits(rank)) => {
                self.leave(now, &CommandId { call: call.clone(), number: claim }, &rank);
            }
        }
    }

    /// Removes a waiting claim.
    fn leave(&mut self, now: Instant, id: &CommandId, rank: &WaitRank) {
        self.remove_claim(&id.call, id.number);
        if let Some(place) = self.queues.waiter(rank).map(|waiter| waiter.pool) {
            self.queues.leave(now, rank, false, self.pools.at_mut(place), &mut self.lines);
        }
    }

    /// The position of a waiting claim in its queue.
    pub(super) fn place(&self, call: &CallId, claim: u32) -> Option<QueuePosition> {
        match self.claim_state(call, claim)? {
            ClaimState::Waits(rank) => self.place_of(&rank),
            ClaimState::Holds { .. } => None,
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

    /// Ends all claims of a call that has ended. Returns how many claims still held a line or waited.
    pub(super) fn forget(&mut self, now: Instant, call: &CallId, out: &mut Vec<Event>) -> usize {
        let open = self.calls.get(call).map_or(&[][..], |call_claims| &call_claims.open);
        let mut left: Vec<(bool, u32)> =
            open.iter().map(|(number, open)| (matches!(open, ClaimState::Holds { .. }), *number)).collect();
        // Waiting claims end first, so that no line is given to a call that has ended.
        left.sort_unstable();
        for (_, claim) in &left {
            self.abandon(now, call, *claim, out);
        }
        self.calls.remove(call);
        left.len()
    }

    fn claim_state(&self, call: &CallId, claim: u32) -> Option<ClaimState> {
        let call_claims = self.calls.get(call)?;
        call_claims.open.iter().find(|(number, _)| *number == claim).map(|(_, open)| *open)
    }

    fn remove_claim(&mut self, call: &CallId, claim: u32) {
        if let Some(call_claims) = self.calls.get_mut(call) {
            call_claims.open.retain(|(number, _)| *number != claim);
        }
    }

    fn place_of(&self, rank: &WaitRank) -> Option<QueuePosition> {
        Some(self.pools.at(self.queues.waiter(rank)?.pool).place(rank))
    }

    /// Whether this claim is new, and the call may make one more claim.
    fn is_new(&mut self, id: &CommandId) -> bool {
        let room = self.calls.len() < CALLS_KNOWN_MAX || self.calls.contains_key(&id.call);
        if !room {
            return false;
        }
        let call_claims = self.calls.entry(id.call.clone()).or_default();
        let new = id.number > call_claims.highest && call_claims.open.len() < CLAIMS_PER_CALL_MAX;
        call_claims.highest = call_claims.highest.max(id.number);
        new
    }

    fn pool(&mut self, now: Instant, name: &PoolId) -> Option<SlotIx> {
        let place = self.pools.slot(name, |pool| pool.is_stale(now))?;
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
        place: SlotIx,
        choice: (Pick, &[CandidateSlot]),
        turn: &QueueRank,
    ) -> AcdReply {
        let pool = self.pools.at_mut(place);
        if pool.length() >= usize::from(turn.length_max).min(WAITING_PER_POOL_MAX) {
            return AcdReply::Refused;
        }
        self.order += 1;
        let rank = WaitRank { priority: Reverse(turn.priority), since: turn.since, order: self.order };
        self.queues.enter(now, (place, pool), &mut self.lines, choice, (rank, id.clone()));
        self.add_claim(id, ClaimState::Waits(rank));
        AcdReply::Waiting(self.pools.at(place).place(&rank))
    }

    fn add_claim(&mut self, id: &CommandId, open: ClaimState) {
        self.calls.entry(id.call.clone()).or_default().open.push((id.number, open));
    }

    fn take(
        &mut self,
        id: &CommandId,
        place: SlotIx,
        (pick, candidates): (Pick, &[CandidateSlot]),
        choice: Choice,
    ) -> AcdReply {
        let pool = self.pools.at_mut(place);
        let number = pool.number;
        let call_claims = self.calls.entry(id.call.clone()).or_default();
        call_claims.open.push((id.number, ClaimState::Holds { line: choice.line, pool: number }));
        let line = self.lines.name(choice.line).clone();
        match pick {
            Pick::NextInTurn if choice.by_turn && !call_claims.turns.contains(&number) => {
                if call_claims.turns.len() >= TURNS_PER_CALL_MAX {
                    call_claims.turns.remove(0);
                }
                call_claims.turns.push(number);
                pool.turn = Some((line.clone(), choice.at));
            }
            Pick::ByShare => share_out(&mut self.lines, number, candidates, choice.at),
            Pick::First | Pick::NextInTurn | Pick::FewestCalls | Pick::LongestIdle => {}
        }
        self.lines.at_mut(choice.line).held += 1;
        self.held += 1;
        AcdReply::Claimed { line }
    }

    /// Gives a line that may be free to the first claims that wait for it.
    fn offer_line(&mut self, now: Instant, line: SlotIx, out: &mut Vec<Event>) {
        // Each round takes one of the lines, so the loop ends when none is free.
        while let Some((rank, at)) = self.queues.first_for(&self.lines, line) {
            let Some(place) = self.queues.waiter(&rank).map(|waiter| waiter.pool) else { return };
            let pool = self.pools.at_mut(place);
            let Some(waiter) = self.queues.leave(now, &rank, true, pool, &mut self.lines) else { return };
            self.remove_claim(&waiter.id.call, waiter.id.number);
            let choice = Choice { line, at, by_turn: true };
            self.lines.at_mut(line).used = now;
            self.pools.at_mut(place).used = now;
            let answer = self.take(&waiter.id, place, (waiter.pick, &waiter.candidates), choice);
            out.push(Event::Acd { command: waiter.id, reply: answer });
        }
    }
}
