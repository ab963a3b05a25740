//! Which of several agents with a free line is taken.

use super::line::Lines;
use super::queue::{CandidateSlot, Pool};
use super::slot_table::SlotIx;
use crate::command::{Candidate, Pick};
use crate::id::LineId;
use crate::time::Instant;
use std::cmp::Reverse;
use std::sync::Arc;

/// How many rounds a line may be behind or ahead of its share, in rounds of all shares: an agent who was busy all
/// morning does not get every call of the afternoon.
pub const ROUNDS_OWED_MAX: i64 = 10;

/// The chosen line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// The line.
    pub(super) line: SlotIx,
    /// The index of the line among the candidates.
    pub(super) at: usize,
    /// Whether the line was chosen by the pick, and not because the caller talked with its agent before.
    pub(super) by_turn: bool,
}

/// Chooses one of the candidates of a claim.
pub(super) struct Choosing<'a> {
    pub(super) now: Instant,
    pub(super) lines: &'a mut Lines,
    pub(super) pool: &'a mut Pool,
    pub(super) agents: &'a [Candidate],
    /// The candidates that were checked so far. If no line was free, or if the pick compares all of them, these are all
    /// candidates in their order.
    pub(super) candidates: &'a mut Vec<CandidateSlot>,
}

impl Choosing<'_> {
    pub(super) fn choose(&mut self, pick: Pick, remembered: Option<&LineId>) -> Option<Choice> {
        let remembered = remembered.and_then(|line| self.agents.iter().position(|agent| agent.line == *line));
        self.candidates.clear();
        match pick {
            Pick::First => self.again(remembered).or_else(|| self.first_free(0)),
            Pick::NextInTurn => self.again(remembered).or_else(|| self.first_free(self.turn())),
            Pick::FewestCalls => {
                let (pool, now) = (self.pool.number, self.now);
                self.least(remembered, |lines, candidate| lines.at(candidate.line).talks(pool, now))
            }
            // An agent who talks on one of several lines is not idle.
            Pick::LongestIdle => self.least(remembered, |lines, candidate| {
                let line = lines.at(candidate.line);
                (line.held, line.talked)
            }),
            Pick::ByShare => {
                let pool = self.pool.number;
                let owed = |lines: &Lines, candidate: &CandidateSlot| lines.at(candidate.line).owed(pool);
                self.least(remembered, |lines, candidate| {
                    Reverse(owed(lines, candidate) + i64::from(candidate.share))
                })
            }
        }
    }

    /// The candidate of this index. A line beyond the limit of known lines is a candidate with no free line.
    fn candidate(&mut self, at: usize) -> CandidateSlot {
        let Candidate { line, lines, share } = &self.agents[at];
        match self.place(at, line) {
            Some(place) => {
                self.lines.at_mut(place).used = self.now;
                CandidateSlot { line: place, lines: *lines, share: *share }
            }
            None => CandidateSlot { line: SlotIx::FIRST, lines: 0, share: 0 },
        }
    }

    /// The slot of the line. Most claims of a pool have the same candidates, so the slot of the last claim comes first.
    fn place(&mut self, at: usize, line: &LineId) -> Option<SlotIx> {
        let is_line = |name: &LineId| Arc::ptr_eq(&name.0, &line.0) || name == line;
        let seen = self.pool.seen.get(at).copied();
        if let Some(place) = seen.filter(|place| self.lines.name_at(*place).is_some_and(is_line)) {
            return Some(place);
        }
        let now = self.now;
        let place = self.lines.slot(line, |line| line.is_stale(now))?;
        if self.pool.seen.len() <= at {
            self.pool.seen.resize(at + 1, SlotIx::FIRST);
        }
        self.pool.seen[at] = place;
        Some(place)
    }

    fn is_free(&self, candidate: &CandidateSlot) -> bool {
        self.lines.at(candidate.line).taken() < u32::from(candidate.lines)
    }

    fn again(&mut self, remembered: Option<usize>) -> Option<Choice> {
        let at = remembered?;
        let candidate = self.candidate(at);
        self.is_free(&candidate).then_some(Choice { line: candidate.line, at, by_turn: false })
    }

    /// The index at which the search begins: behind the line that was taken last. If that line is not a candidate any
    /// more, the search begins at its former index, where the next line is now.
    fn turn(&self) -> usize {
        let Some((last, at)) = &self.pool.turn else { return 0 };
        let here = self.agents.iter().position(|agent| agent.line == *last);
        here.map_or(*at, |here| here + 1) % self.agents.len().max(1)
    }

    fn first_free(&mut self, from: usize) -> Option<Choice> {
        let count = self.agents.len();
        for at in (from..count).chain(0..from) {
            let candidate = self.candidate(at);
            if self.is_free(&candidate) {
                return Some(Choice { line: candidate.line, at, by_turn: true });
            }
            self.candidates.push(candidate);
        }
        self.candidates.rotate_right(from);
        None
    }

    /// The free candidate with the least value of `of`. Of equal candidates, the first.
    fn least<T: Ord>(
        &mut self,
        remembered: Option<usize>,
        of: impl Fn(&Lines, &CandidateSlot) -> T,
    ) -> Option<Choice> {
        for at in 0..self.agents.len() {
            let candidate = self.candidate(at);
            self.candidates.push(candidate);
        }
        let free = |at: &usize| self.is_free(&self.candidates[*at]);
        let (at, by_turn) = match remembered.filter(free) {
            Some(at) => (at, false),
            None => {
                let least = (0..self.candidates.len())
                    .filter(free)
                    .min_by_key(|at| of(self.lines, &self.candidates[*at]));
                (least?, true)
            }
        };
        Some(Choice { line: self.candidates[at].line, at, by_turn })
    }
}

/// Counts the shares after a call of the pool went to the candidate `at`: every candidate, also one without a free
/// line, is owed its share of the call, and the candidate that got the call had all shares.
pub(super) fn share_out(lines: &mut Lines, pool: u32, candidates: &[CandidateSlot], at: usize) {
    let whole: i64 = candidates.iter().map(|candidate| i64::from(candidate.share)).sum();
    for (place, candidate) in candidates.iter().enumerate() {
        let got = if place == at { whole } else { 0 };
        lines.at_mut(candidate.line).owe(pool, i64::from(candidate.share) - got, whole * ROUNDS_OWED_MAX);
    }
}
