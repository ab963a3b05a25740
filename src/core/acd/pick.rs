//! Which of several agents with a free line is taken.

use super::line::Lines;
use super::queue::{Pool, Seat};
use super::slots::Place;
use crate::command::{Candidate, Pick};
use crate::id::LineId;
use crate::time::Instant;
use std::cmp::Reverse;
use std::sync::Arc;

/// How many rounds a line may be behind its share or ahead of it, in rounds of all shares: who was busy all
/// morning is not given every call of the afternoon.
pub const ROUNDS_OWED_MAX: i64 = 10;

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// The line.
    pub(super) line: Place,
    /// Its place among the candidates.
    pub(super) at: usize,
    /// Whether it was its turn; otherwise the caller had talked with it before.
    pub(super) by_turn: bool,
}

/// A choice to be made.
pub(super) struct Choosing<'a> {
    pub(super) now: Instant,
    pub(super) lines: &'a mut Lines,
    pub(super) pool: &'a mut Pool,
    pub(super) agents: &'a [Candidate],
    /// The candidates as far as they were looked at. When none was free, and also where all must be looked at
    /// to choose, these are all of them in their order.
    pub(super) seats: &'a mut Vec<Seat>,
}

impl Choosing<'_> {
    pub(super) fn choose(&mut self, pick: Pick, remembered: Option<&LineId>) -> Option<Choice> {
        let remembered = remembered.and_then(|line| self.agents.iter().position(|agent| agent.line == *line));
        self.seats.clear();
        match pick {
            Pick::First => self.again(remembered).or_else(|| self.first_free(0)),
            Pick::NextInTurn => self.again(remembered).or_else(|| self.first_free(self.turn())),
            Pick::FewestCalls => {
                let (pool, now) = (self.pool.number, self.now);
                self.least(remembered, |lines, seat| lines.at(seat.line).talks(pool, now))
            }
            // Who talks on one of several lines is not idle at all.
            Pick::LongestIdle => self.least(remembered, |lines, seat| {
                let line = lines.at(seat.line);
                (line.held, line.talked)
            }),
            Pick::ByShare => {
                let pool = self.pool.number;
                let owed = |lines: &Lines, seat: &Seat| lines.at(seat.line).owed(pool);
                self.least(remembered, |lines, seat| Reverse(owed(lines, seat) + i64::from(seat.share)))
            }
        }
    }

    /// A line beyond the limit of those that can be known stands in the list with none to give.
    fn seat(&mut self, at: usize) -> Seat {
        let Candidate { line, lines, share } = &self.agents[at];
        match self.place(at, line) {
            Some(place) => {
                self.lines.at_mut(place).used = self.now;
                Seat { line: place, lines: *lines, share: *share }
            }
            None => Seat { line: Place::FIRST, lines: 0, share: 0 },
        }
    }

    /// A pool is asked for the same candidates over and over: where they stood last time they mostly stand still.
    fn place(&mut self, at: usize, line: &LineId) -> Option<Place> {
        let is_it = |name: &LineId| Arc::ptr_eq(&name.0, &line.0) || name == line;
        let seen = self.pool.seen.get(at).copied();
        if let Some(place) = seen.filter(|place| self.lines.name_at(*place).is_some_and(is_it)) {
            return Some(place);
        }
        let now = self.now;
        let place = self.lines.place(line, |line| line.is_stale(now))?;
        if self.pool.seen.len() <= at {
            self.pool.seen.resize(at + 1, Place::FIRST);
        }
        self.pool.seen[at] = place;
        Some(place)
    }

    fn is_free(&self, seat: &Seat) -> bool {
        self.lines.at(seat.line).taken() < u32::from(seat.lines)
    }

    fn again(&mut self, remembered: Option<usize>) -> Option<Choice> {
        let at = remembered?;
        let seat = self.seat(at);
        self.is_free(&seat).then_some(Choice { line: seat.line, at, by_turn: false })
    }

    /// Where the search begins: behind the line taken last. Where that is not among the candidates any more, the
    /// one that has its place now is the one that stood behind it.
    fn turn(&self) -> usize {
        let Some((last, at)) = &self.pool.turn else { return 0 };
        let here = self.agents.iter().position(|agent| agent.line == *last);
        here.map_or(*at, |here| here + 1) % self.agents.len().max(1)
    }

    fn first_free(&mut self, from: usize) -> Option<Choice> {
        let count = self.agents.len();
        for at in (from..count).chain(0..from) {
            let seat = self.seat(at);
            if self.is_free(&seat) {
                return Some(Choice { line: seat.line, at, by_turn: true });
            }
            self.seats.push(seat);
        }
        self.seats.rotate_right(from);
        None
    }

    /// The free one that has least of something; of several the first.
    fn least<T: Ord>(
        &mut self,
        remembered: Option<usize>,
        of: impl Fn(&Lines, &Seat) -> T,
    ) -> Option<Choice> {
        for at in 0..self.agents.len() {
            let seat = self.seat(at);
            self.seats.push(seat);
        }
        let free = |at: &usize| self.is_free(&self.seats[*at]);
        let (at, by_turn) = match remembered.filter(free) {
            Some(at) => (at, false),
            None => {
                let least =
                    (0..self.seats.len()).filter(free).min_by_key(|at| of(self.lines, &self.seats[*at]));
                (least?, true)
            }
        };
        Some(Choice { line: self.seats[at].line, at, by_turn })
    }
}

/// A call of the pool was given to one of these: all of them, also those with no free line, were due their
/// share of it, and the one that got it had it whole.
pub(super) fn share_out(lines: &mut Lines, pool: u32, seats: &[Seat], at: usize) {
    let whole: i64 = seats.iter().map(|seat| i64::from(seat.share)).sum();
    for (place, seat) in seats.iter().enumerate() {
        let got = if place == at { whole } else { 0 };
        lines.at_mut(seat.line).owe(pool, i64::from(seat.share) - got, whole * ROUNDS_OWED_MAX);
    }
}
