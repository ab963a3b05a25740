//! The queues: which claims wait for which lines, in which order.
//!
//! Claims of one pool that accept the same lines share a wait group. So a line that becomes free checks one claim of
//! each wait group, and not every waiting claim.

use super::line::{AwaitedBy, Lines};
use super::slot_table::SlotIx;
use crate::command::Pick;
use crate::event::QueuePosition;
use crate::id::{CommandId, LineId};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// How long a pool, with its turn and the pace of its queue, is kept after the last claim.
pub const POOL_KEPT: Millis = Millis::seconds(7 * 24 * 3_600);
/// The most pools that are known at a time. A claim in a pool beyond them is refused.
pub const POOLS_KNOWN_MAX: usize = 200_000;
/// The most claims that wait in one pool, whatever limit the claims carry.
pub const WAITING_PER_POOL_MAX: usize = 10_000;
/// The weight of the pace of a queue: each new interval counts as one part of this many.
pub const PACE_MEMORY: u64 = 8;

/// A candidate of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct CandidateSlot {
    /// The line.
    pub(super) line: SlotIx,
    /// How many lines the telephone has, according to the claim.
    pub(super) lines: u16,
    /// The share of the agent.
    pub(super) share: u16,
}

/// The order of waiting claims: the highest priority first, then the longest waiting, then the earliest request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct WaitRank {
    pub(super) priority: Reverse<u8>,
    pub(super) since: Instant,
    #[serde(rename = "asked")]
    pub(super) order: u64,
}

/// What calls share of one group of agents of a hotline.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Pool {
    /// The number of the pool, which no other pool ever had. 0 until the pool has a number.
    pub(super) number: u32,
    /// The time of the last claim.
    pub(super) used: Instant,
    /// The line that was taken last in turn, and its index among the candidates.
    pub(super) turn: Option<(LineId, usize)>,
    /// The slots of the candidates of the last claim, in its order.
    pub(super) seen: Vec<SlotIx>,
    queue: BTreeSet<WaitRank>,
    #[serde(rename = "crews")]
    wait_groups: BTreeMap<(Pick, Arc<[CandidateSlot]>), usize>,
    /// Since when a claim waits and no claim was served.
    unserved_since: Option<Instant>,
    /// The mean time until the next claim is served.
    pace: Option<Millis>,
}

/// Waiting claims of one pool that accept the same lines in the same order.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct WaitGroup {
    pool: SlotIx,
    pick: Pick,
    #[serde(rename = "seats")]
    candidates: Arc<[CandidateSlot]>,
    waiting: BTreeSet<WaitRank>,
}

/// A waiting claim.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiter {
    /// The name of the claim.
    pub(super) id: CommandId,
    /// The pool.
    pub(super) pool: SlotIx,
    /// How the claim picks a line.
    pub(super) pick: Pick,
    /// The lines that the claim accepts.
    #[serde(rename = "seats")]
    pub(super) candidates: Arc<[CandidateSlot]>,
    #[serde(rename = "crew")]
    wait_group: usize,
}

/// All waiting claims.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Queues {
    waiters: BTreeMap<WaitRank, Waiter>,
    #[serde(rename = "crews")]
    wait_groups: Vec<Option<WaitGroup>>,
    free: Vec<usize>,
}

impl Pool {
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.queue.is_empty() && self.used + POOL_KEPT <= now
    }

    /// How many claims wait.
    pub(super) fn length(&self) -> usize {
        self.queue.len()
    }

    /// How many claims are served before this one, and the estimated wait at the present pace.
    pub(super) fn place(&self, rank: &WaitRank) -> QueuePosition {
        let ahead = u32::try_from(self.ahead(rank)).unwrap_or(u32::MAX);
        let estimate = self.pace.map(|pace| Millis(pace.0.saturating_mul(u64::from(ahead) + 1)));
        QueuePosition { ahead, estimate }
    }

    /// How many claims are before this one. Counts from both ends at once: a new claim is near the end, and a claim
    /// that asks again is near the front.
    fn ahead(&self, rank: &WaitRank) -> usize {
        let mut before = self.queue.range(..rank);
        let mut behind = self.queue.range((Bound::Excluded(rank), Bound::Unbounded));
        let mut steps = 0;
        loop {
            if before.next().is_none() {
                return steps;
            }
            if behind.next().is_none() {
                return self.queue.len().saturating_sub(1 + steps);
            }
            steps += 1;
        }
    }

    fn enter(&mut self, now: Instant, rank: WaitRank) {
        self.queue.insert(rank);
        self.unserved_since.get_or_insert(now);
    }

    fn leave(&mut self, rank: &WaitRank) {
        self.queue.remove(rank);
        if self.queue.is_empty() {
            self.unserved_since = None;
        }
    }

    /// Updates the pace: the first claim is served now. The interval began when the last claim was served, or when the
    /// queue stopped being empty.
    fn serve(&mut self, now: Instant) {
        let Some(since) = self.unserved_since.replace(now) else { return };
        let took = now.since(since);
        self.pace = Some(match self.pace {
            None => took,
            Some(Millis(pace)) => Millis((pace * (PACE_MEMORY - 1) + took.0) / PACE_MEMORY),
        });
    }
}

impl Queues {
    /// How many claims wait.
    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }

    pub(super) fn waiter(&self, rank: &WaitRank) -> Option<&Waiter> {
        self.waiters.get(rank)
    }

    /// Makes a claim of this pool wait for these lines.
    pub(super) fn enter(
        &mut self,
        now: Instant,
        (at, pool): (SlotIx, &mut Pool),
        lines: &mut Lines,
        (pick, candidates): (Pick, &[CandidateSlot]),
        (rank, id): (WaitRank, CommandId),
    ) {
        let candidates: Arc<[CandidateSlot]> = candidates.into();
        let wait_group = *pool.wait_groups.entry((pick, candidates.clone())).or_insert_with(|| {
            let wait_group = self.free.pop().unwrap_or(self.wait_groups.len());
            for (place, candidate) in candidates.iter().enumerate() {
                lines.at_mut(candidate.line).awaited.push(AwaitedBy {
                    wait_group,
                    at: place,
                    lines: candidate.lines,
                });
            }
            let made =
                Some(WaitGroup { pool: at, pick, candidates: candidates.clone(), waiting: BTreeSet::new() });
            match self.wait_groups.get_mut(wait_group) {
                Some(empty) => *empty = made,
                None => self.wait_groups.push(made),
            }
            wait_group
        });
        pool.enter(now, rank);
        let Some(Some(group)) = self.wait_groups.get_mut(wait_group) else { return };
        group.waiting.insert(rank);
        let candidates = group.candidates.clone();
        self.waiters.insert(rank, Waiter { id, pool: at, pick, candidates, wait_group });
    }

    /// The first waiting claim that could have this line now, and the index of the line among the candidates of the
    /// claim.
    pub(super) fn first_for(&self, lines: &Lines, line: SlotIx) -> Option<(WaitRank, usize)> {
        let line = lines.at(line);
        let open = line.awaited.iter().filter(|awaited| line.taken() < u32::from(awaited.lines));
        let first =
            |awaited: &AwaitedBy| Some(*self.wait_groups.get(awaited.wait_group)?.as_ref()?.waiting.first()?);
        open.filter_map(|awaited| Some((first(awaited)?, awaited.at))).min()
    }

    /// Removes a waiting claim, because it is served or because it gives up.
    pub(super) fn leave(
        &mut self,
        now: Instant,
        rank: &WaitRank,
        served: bool,
        pool: &mut Pool,
        lines: &mut Lines,
    ) -> Option<Waiter> {
        let waiter = self.waiters.remove(rank)?;
        if served {
            pool.serve(now);
        }
        pool.leave(rank);
        let place = self.wait_groups.get_mut(waiter.wait_group)?;
        let wait_group = place.as_mut()?;
        wait_group.waiting.remove(rank);
        if wait_group.waiting.is_empty() {
            debug_assert_eq!(wait_group.pool, waiter.pool);
            pool.wait_groups.remove(&(wait_group.pick, wait_group.candidates.clone()));
            for candidate in wait_group.candidates.iter() {
                lines
                    .at_mut(candidate.line)
                    .awaited
                    .retain(|awaited| awaited.wait_group != waiter.wait_group);
            }
            *place = None;
            self.free.push(waiter.wait_group);
        }
        Some(waiter)
    }
}
