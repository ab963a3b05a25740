//! The state of an agent's lines: how many are taken, when the last talk ended, and how many talks each pool had.

use super::slot_table::SlotTable;
use crate::id::LineId;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// How long a line, with its counts of talks, is kept after the last claim.
pub const LINE_KEPT: Millis = Millis::seconds(7 * 24 * 3_600);
/// The most lines that are known at a time. A line beyond them is never free.
pub const LINES_KNOWN_MAX: usize = 1_000_000;
/// The most pools in which the talks of a line are counted. Beyond them, the oldest pool of the line is forgotten.
pub const POOLS_PER_LINE_MAX: usize = 64;

/// One talk, in the unit of the counts. It can be halved on 16 days before it is 0.
pub const TALK: u64 = 1 << 16;

/// All lines that were claimed lately.
pub(super) type Lines = SlotTable<LineId, Line>;

/// The lines of one telephone or trunk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Line {
    /// How many lines are held by calls.
    pub(super) held: u32,
    /// How many lines are at rest after a talk.
    pub(super) resting: u32,
    /// When the last talk ended.
    pub(super) talked: Option<Instant>,
    /// When a line was last claimed or released.
    pub(super) used: Instant,
    /// The wait groups that wait for a line.
    pub(super) awaited: Vec<AwaitedBy>,
    tallies: Vec<PoolTally>,
}

/// A wait group that has this line among its candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AwaitedBy {
    /// The index of the wait group.
    #[serde(rename = "crew")]
    pub(super) wait_group: usize,
    /// The index of the line among the candidates of the group.
    pub(super) at: usize,
    /// How many lines the telephone has, according to the claims of the group.
    pub(super) lines: u16,
}

/// The counts of a line in one pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct PoolTally {
    /// The pool's number.
    pool: u32,
    /// The number of talks in units of 1/[`TALK`], as of `day`.
    talks: u64,
    /// The day on which `talks` was last halved.
    day: u64,
    /// How many shares the line is behind. Negative if the line is ahead.
    owed: i64,
}

/// The day of the counts. The counts are halved at 20:00 UTC, which is 4:00 in China.
fn day(now: Instant) -> u64 {
    const BEFORE_MIDNIGHT: Millis = Millis::seconds(4 * 3_600);
    const DAY: Millis = Millis::seconds(24 * 3_600);
    (now + BEFORE_MIDNIGHT).0 / DAY.0
}

impl Line {
    /// How many lines cannot be given to a call.
    pub(super) fn taken(&self) -> u32 {
        self.held + self.resting
    }

    /// Whether the line can be forgotten.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.taken() == 0 && self.awaited.is_empty() && self.used + LINE_KEPT <= now
    }

    /// The number of talks in the pool: past talks, halved every day, plus one for each line that is held now.
    pub(super) fn talks(&self, pool: u32, now: Instant) -> u64 {
        let counted = self.tallies.iter().find(|tally| tally.pool == pool);
        let counted = counted.map_or(0, |tally| halved(tally.talks, tally.day, now));
        counted + u64::from(self.held) * TALK
    }

    /// Counts a talk of a call of this pool.
    pub(super) fn count_talk(&mut self, pool: u32, now: Instant) {
        self.talked = Some(now);
        let tally = self.tally(pool);
        tally.talks = halved(tally.talks, tally.day, now) + TALK;
        tally.day = day(now);
    }

    /// How many shares the line is behind in this pool.
    pub(super) fn owed(&self, pool: u32) -> i64 {
        self.tallies.iter().find(|tally| tally.pool == pool).map_or(0, |tally| tally.owed)
    }

    /// Adds to the shares that the pool owes the line, within `most` in either direction.
    pub(super) fn owe(&mut self, pool: u32, more: i64, most: i64) {
        let tally = self.tally(pool);
        tally.owed = tally.owed.saturating_add(more).clamp(-most, most);
    }

    fn tally(&mut self, pool: u32) -> &mut PoolTally {
        let at = self.tallies.iter().position(|tally| tally.pool == pool).unwrap_or_else(|| {
            if self.tallies.len() >= POOLS_PER_LINE_MAX {
                self.tallies.remove(0);
            }
            self.tallies.push(PoolTally { pool, talks: 0, day: 0, owed: 0 });
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
