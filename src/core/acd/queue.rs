//! Who waits for which lines, in which order.
//!
//! Claims of one pool that accept the same lines wait for one crew, so that a line that comes free asks only as
//! many as there are different wishes for it, and not each who waits.

use super::line::{Awaited, Lines};
use super::slots::Place;
use crate::command::Pick;
use crate::event::QueuePosition;
use crate::id::{CommandId, LineId};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// How long a pool is remembered that nobody claims in: whose turn it is, how fast its queue goes.
pub const POOL_KEPT: Millis = Millis::seconds(7 * 24 * 3_600);
/// The most pools that are known at a time; a claim in one beyond them is refused.
pub const POOLS_KNOWN_MAX: usize = 200_000;
/// The most claims that wait in a pool, whatever they themselves say.
pub const WAITING_PER_POOL_MAX: usize = 10_000;
/// How many intervals the pace of a queue is the mean of, the latest weighing most.
pub const PACE_MEMORY: u64 = 8;

/// A candidate of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Seat {
    /// The line.
    pub(super) line: Place,
    /// How many lines the claim says it has.
    pub(super) lines: u16,
    /// Its share.
    pub(super) share: u16,
}

/// Where a claim stands among all that wait: the highest priority first, then the longest waiting, then the
/// one that asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Rank {
    pub(super) priority: Reverse<u8>,
    pub(super) since: Instant,
    pub(super) asked: u64,
}

/// A group of a hotline, as far as calls share it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Pool {
    /// Its number, which no other pool ever had; 0 until it has one.
    pub(super) number: u32,
    /// When somebody last claimed in it.
    pub(super) used: Instant,
    /// The line taken last by turn, and where in the list it stood.
    pub(super) turn: Option<(LineId, usize)>,
    /// Where the candidates of a claim stood last time, in its order: where to look first.
    pub(super) seen: Vec<Place>,
    queue: BTreeSet<Rank>,
    crews: BTreeMap<(Pick, Arc<[Seat]>), usize>,
    /// Since when somebody waits and nobody was served.
    unserved_since: Option<Instant>,
    /// How long it takes until the next is served.
    pace: Option<Millis>,
}

/// The lines that some claims of a pool accept, in their order.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Crew {
    pool: Place,
    pick: Pick,
    seats: Arc<[Seat]>,
    waiting: BTreeSet<Rank>,
}

/// A claim that waits, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiter {
    /// The claim.
    pub(super) id: CommandId,
    /// In which pool.
    pub(super) pool: Place,
    /// How a line is chosen there.
    pub(super) pick: Pick,
    /// For which lines.
    pub(super) seats: Arc<[Seat]>,
    crew: usize,
}

/// All that wait.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Queues {
    waiters: BTreeMap<Rank, Waiter>,
    crews: Vec<Option<Crew>>,
    free: Vec<usize>,
}

impl Pool {
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.queue.is_empty() && self.used + POOL_KEPT <= now
    }

    /// How many wait.
    pub(super) fn length(&self) -> usize {
        self.queue.len()
    }

    /// How many are served before this one, and how long that takes if all goes on as it did.
    pub(super) fn place(&self, rank: &Rank) -> QueuePosition {
        let ahead = u32::try_from(self.ahead(rank)).unwrap_or(u32::MAX);
        let estimate = self.pace.map(|pace| Millis(pace.0.saturating_mul(u64::from(ahead) + 1)));
        QueuePosition { ahead, estimate }
    }

    /// Counts from both sides at once: who has just come stands near the end, who is told again near the front.
    fn ahead(&self, rank: &Rank) -> usize {
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

    fn enter(&mut self, now: Instant, rank: Rank) {
        self.queue.insert(rank);
        self.unserved_since.get_or_insert(now);
    }

    fn leave(&mut self, rank: &Rank) {
        self.queue.remove(rank);
        if self.queue.is_empty() {
            self.unserved_since = None;
        }
    }

    /// The first of the queue is being served: how long did that take since the last, or since there was one?
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
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }

    pub(super) fn waiter(&self, rank: &Rank) -> Option<&Waiter> {
        self.waiters.get(rank)
    }

    /// A claim of this pool waits from now on, for these lines.
    pub(super) fn enter(
        &mut self,
        now: Instant,
        (at, pool): (Place, &mut Pool),
        lines: &mut Lines,
        (pick, seats): (Pick, &[Seat]),
        (rank, id): (Rank, CommandId),
    ) {
        let seats: Arc<[Seat]> = seats.into();
        let crew = *pool.crews.entry((pick, seats.clone())).or_insert_with(|| {
            let crew = self.free.pop().unwrap_or(self.crews.len());
            for (place, seat) in seats.iter().enumerate() {
                lines.at_mut(seat.line).awaited.push(Awaited { crew, at: place, lines: seat.lines });
            }
            let made = Some(Crew { pool: at, pick, seats: seats.clone(), waiting: BTreeSet::new() });
            match self.crews.get_mut(crew) {
                Some(empty) => *empty = made,
                None => self.crews.push(made),
            }
            crew
        });
        pool.enter(now, rank);
        let Some(Some(standing)) = self.crews.get_mut(crew) else { return };
        standing.waiting.insert(rank);
        let seats = standing.seats.clone();
        self.waiters.insert(rank, Waiter { id, pool: at, pick, seats, crew });
    }

    /// Who is first of those who could have this line as it is, and the line's place among its candidates.
    pub(super) fn first_for(&self, lines: &Lines, line: Place) -> Option<(Rank, usize)> {
        let line = lines.at(line);
        let open = line.awaited.iter().filter(|awaited| line.taken() < u32::from(awaited.lines));
        let first = |awaited: &Awaited| Some(*self.crews.get(awaited.crew)?.as_ref()?.waiting.first()?);
        open.filter_map(|awaited| Some((first(awaited)?, awaited.at))).min()
    }

    /// The claim waits no longer: it is served, or gives up.
    pub(super) fn leave(
        &mut self,
        now: Instant,
        rank: &Rank,
        served: bool,
        pool: &mut Pool,
        lines: &mut Lines,
    ) -> Option<Waiter> {
        let waiter = self.waiters.remove(rank)?;
        if served {
            pool.serve(now);
        }
        pool.leave(rank);
        let place = self.crews.get_mut(waiter.crew)?;
        let crew = place.as_mut()?;
        crew.waiting.remove(rank);
        if crew.waiting.is_empty() {
            debug_assert_eq!(crew.pool, waiter.pool);
            pool.crews.remove(&(crew.pick, crew.seats.clone()));
            for seat in crew.seats.iter() {
                lines.at_mut(seat.line).awaited.retain(|awaited| awaited.crew != waiter.crew);
            }
            *place = None;
            self.free.push(waiter.crew);
        }
        Some(waiter)
    }
}
