//! Instants and spans, in milliseconds.
//!
//! The core has no clock: every [`Instant`] enters it as an argument. A wall-clock instant is enough because the shell
//! around the core guarantees that the time it passes never goes back.

use core::time::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::cell::Cell;
use std::fmt;
use std::ops::{Add, Sub};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Instant(pub u64);

thread_local! {
    /// How far the clock that wrote the data being read was ahead of this daemon's clock.
    static AHEAD: Cell<Millis> = const { Cell::new(Millis(0)) };
}

/// Reads data that was written by a clock this far ahead of this daemon's clock: each instant in it is set back.
///
/// The data are trees of many types. A correction in each type must be remembered for every new field; a correction
/// while reading cannot be forgotten.
pub fn with_clock_lead<T>(ahead: Millis, read: impl FnOnce() -> T) -> T {
    struct Before(Millis);
    impl Drop for Before {
        fn drop(&mut self) {
            AHEAD.set(self.0);
        }
    }
    let _before = Before(AHEAD.replace(ahead));
    read()
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(u64::deserialize(deserializer)?) - AHEAD.get())
    }
}

/// A length of time in milliseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Instant {
    /// The instant so many microseconds after 1970-01-01T00:00:00Z, without its fraction of a millisecond.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros / 1_000)
    }

    /// The date in China, which has one time zone and no summer time.
    pub fn china_date(self) -> jiff::civil::Date {
        const CHINA: jiff::tz::Offset = jiff::tz::Offset::constant(8);
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        CHINA.to_datetime(at).date()
    }

    /// The span since `earlier`; zero when `earlier` is in fact later.
    pub fn since(self, earlier: Instant) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl Millis {
    /// A span of whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// The span in whole seconds, rounded up, for a switch that counts in seconds.
    pub const fn whole_seconds_up(self) -> u64 {
        self.0.div_ceil(1_000)
    }
}

impl From<Duration> for Millis {
    fn from(span: Duration) -> Self {
        Self(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }
}

impl From<Millis> for Duration {
    fn from(span: Millis) -> Self {
        Self::from_millis(span.0)
    }
}

impl Add<Millis> for Instant {
    type Output = Instant;
    fn add(self, span: Millis) -> Instant {
        Instant(self.0.saturating_add(span.0))
    }
}

impl Sub<Millis> for Instant {
    type Output = Instant;
    fn sub(self, span: Millis) -> Instant {
        Instant(self.0.saturating_sub(span.0))
    }
}

/// RFC 3339 in UTC, with milliseconds.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_millisecond(millis) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}s", self.0 / 1_000, self.0 % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_china_begins_eight_hours_before_that_of_greenwich() {
        assert_eq!(Instant(1_795_363_199_999).china_date().to_string(), "2026-11-22");
        assert_eq!(Instant(1_795_363_200_000).china_date().to_string(), "2026-11-23");
    }

    #[test]
    fn an_instant_prints_as_utc_with_milliseconds() {
        assert_eq!(Instant(1_795_296_003_042).to_string(), "2026-11-21T21:20:03.042Z");
        assert_eq!(Millis(61_005).to_string(), "61.005s");
    }

    #[test]
    fn what_a_clock_ahead_of_ours_wrote_is_set_back_while_it_is_read() {
        let read = || serde_json::from_str::<(Instant, Option<Instant>, Millis)>("[5000, 3, 5000]").unwrap();
        let set_back = with_clock_lead(Millis(1_000), read);
        assert_eq!(set_back, (Instant(4_000), Some(Instant(0)), Millis(5_000)));
        assert_eq!(read().0, Instant(5_000));
    }

    #[test]
    fn spans_round_up_to_the_seconds_a_switch_counts_in() {
        assert_eq!(Millis(1).whole_seconds_up(), 1);
        assert_eq!(Millis(2_000).whole_seconds_up(), 2);
        assert_eq!(Instant(5).since(Instant(9)), Millis(0));
    }
}
