//! What is known of an agent's lines: how many are taken, when somebody last talked on one, and in each pool
//! how often.

use super::slots::Shelf;
use crate::id::LineId;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// How long a line is remembered that nobody claims, and with it who talked on it how often.
pub const LINE_KEPT: Millis = Millis::seconds(7 * 24 * 3_600);
/// The most lines that are known at a time; one beyond them is never free.
pub const LINES_KNOWN_MAX: usize = 1_000_000;
/// The most pools in which a line's talks are counted; beyond them the pool it came to first is forgotten.
pub const POOLS_PER_LINE_MAX: usize = 64;

/// One talk, in the units in which talks are counted: it can be halved for two weeks before it is none.
pub const TALK: u64 = 1 << 16;

/// All lines that were ever asked for lately.
pub(super) type Lines = Shelf<LineId, Line>;

/// The lines of one telephone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Line {
    /// How many calls hold one.
    pub(super) held: u32,
    /// How many are at rest.
    pub(super) resting: u32,
    /// When the last talk ended.
    pub(super) talked: Option<Instant>,
    /// When it was last asked for or given back.
    pub(super) used: Instant,
    /// Who waits for one.
    pub(super) awaited: Vec<Awaited>,
    tallies: Vec<Tally>,
}

/// A crew some claims wait for has the line among its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Awaited {
    /// The crew.
    pub(super) crew: usize,
    /// The line's place in it.
    pub(super) at: usize,
    /// How many lines those who wait say it has.
    pub(super) lines: u16,
}

/// A line in a pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tally {
    /// The pool's number.
    pool: u32,
    /// How often it talked, in parts of a [`TALK`], up to this day.
    talks: u64,
    /// The day.
    day: u64,
    /// How far it is behind its share, in shares; negative where it is ahead.
    owed: i64,
}

/// The day of the counts: they are halved at 20:00 UTC, which is four in the morning in China.
fn day(now: Instant) -> u64 {
    const BEFORE_MIDNIGHT: Millis = Millis::seconds(4 * 3_600);
    const DAY: Millis = Millis::seconds(24 * 3_600);
    (now + BEFORE_MIDNIGHT).0 / DAY.0
}

impl Line {
    /// How many lines nobody can have.
    pub(super) fn taken(&self) -> u32 {
        self.held + self.resting
    }

    /// Whether the line can be forgotten.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.taken() == 0 && self.awaited.is_empty() && self.used + LINE_KEPT <= now
    }

    /// How often it talks in the pool: its talks, halved every day, and what it is about to.
    pub(super) fn talks(&self, pool: u32, now: Instant) -> u64 {
        let counted = self.tallies.iter().find(|tally| tally.pool == pool);
        let counted = counted.map_or(0, |tally| halved(tally.talks, tally.day, now));
        counted + u64::from(self.held) * TALK
    }

    /// Somebody talked, as a call of this pool.
    pub(super) fn count_talk(&mut self, pool: u32, now: Instant) {
        self.talked = Some(now);
        let tally = self.tally(pool);
        tally.talks = halved(tally.talks, tally.day, now) + TALK;
        tally.day = day(now);
    }

    /// How far it is behind its share.
    pub(super) fn owed(&self, pool: u32) -> i64 {
        self.tallies.iter().find(|tally| tally.pool == pool).map_or(0, |tally| tally.owed)
    }

    /// The pool owes it so much more, within a limit either way.
    pub(super) fn owe(&mut self, pool: u32, more: i64, most: i64) {
        let tally = self.tally(pool);
        tally.owed = tally.owed.saturating_add(more).clamp(-most, most);
    }

    fn tally(&mut self, pool: u32) -> &mut Tally {
        let at = self.tallies.iter().position(|tally| tally.pool == pool).unwrap_or_else(|| {
            if self.tallies.len() >= POOLS_PER_LINE_MAX {
                self.tallies.remove(0);
            }
            self.tallies.push(Tally { pool, talks: 0, day: 0, owed: 0 });
            self.tallies.len() - 1
        });
        &mut self.tallies[at]
    }
}

fn halved(talks: u64, counted_on: u64, now: Instant) -> u64 {
    let days = day(now).saturating_sub(counted_on);
    u32::try_from(days).ok().and_then(|days| talks.checked_shr(days)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    #[test]
    fn a_talk_counts_half_as_much_from_four_in_the_morning_in_china_on() {
        let mut line = Line::default();
        let evening = Instant(24 * HOUR * 10 + 12 * HOUR);
        line.count_talk(1, evening);
        line.count_talk(1, evening);
        assert_eq!(line.talks(1, evening + Millis(8 * HOUR - 1)), 2 * TALK);
        assert_eq!(line.talks(1, evening + Millis(8 * HOUR)), TALK);
        line.count_talk(1, evening + Millis(8 * HOUR));
        assert_eq!(line.talks(1, evening + Millis(32 * HOUR)), TALK);
        assert_eq!(line.talks(1, evening + Millis(24 * HOUR * 400)), 0);
        assert_eq!(line.talks(2, evening), 0, "another pool");
    }

    #[test]
    fn a_line_of_many_pools_forgets_the_first() {
        let mut line = Line::default();
        for pool in 1..=66 {
            line.owe(pool, 5, 100);
        }
        assert_eq!((line.owed(1), line.owed(2), line.owed(3), line.owed(66)), (0, 0, 5, 5));
        assert_eq!(line.tallies.len(), POOLS_PER_LINE_MAX);
    }

    #[test]
    fn a_debt_grows_to_its_limit() {
        let mut line = Line::default();
        line.owe(1, 7, 10);
        line.owe(1, 7, 10);
        assert_eq!(line.owed(1), 10);
        line.owe(1, -35, 10);
        assert_eq!(line.owed(1), -10);
    }
}
