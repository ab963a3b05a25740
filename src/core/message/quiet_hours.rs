//! Quiet hours: no message is sent at night.

use super::clock_time::china_minute_of_day;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const MINUTE: Millis = Millis::seconds(60);
const DAY_MINUTES: u16 = 24 * 60;

/// The hours of the day in which no message is sent, in China's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// The minute of the day at which they begin.
    from: u16,
    /// The minute of the day at which they end; on the next day if it is not after `from`.
    to: u16,
    /// What happens to a message of these hours.
    pub then: QuietThen,
}

/// What happens to a message of the quiet hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuietThen {
    /// It is sent when they are over.
    #[default]
    Later,
    /// It is dropped.
    Drop,
}

/// A text that is no span of quiet hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} are no quiet hours: write two different times of day, such as \"22:00-08:00\"")]
pub struct InvalidQuietHours(String);

impl QuietHours {
    /// The same hours, whose messages are sent later or dropped.
    pub fn then(self, then: QuietThen) -> Self {
        Self { then, ..self }
    }

    /// When the quiet hours of this instant are over; `None` if the instant is in none.
    pub fn end_of(&self, at: Instant) -> Option<Instant> {
        let minute = china_minute_of_day(at);
        let (since, length) = (distance(self.from, minute), distance(self.from, self.to));
        let left = u64::from(length.checked_sub(since).filter(|left| *left > 0)?);
        let minute_began = at.0 - at.0 % MINUTE.0;
        Some(Instant(minute_began + left * MINUTE.0))
    }
}

/// The minutes from one minute of the day to the next time of another.
fn distance(from: u16, to: u16) -> u16 {
    (to + DAY_MINUTES - from) % DAY_MINUTES
}

/// `22:00-08:00`.
impl FromStr for QuietHours {
    type Err = InvalidQuietHours;

    fn from_str(text: &str) -> Result<Self, InvalidQuietHours> {
        let invalid = || InvalidQuietHours(text.chars().take(40).collect());
        let (from, to) = text.split_once('-').ok_or_else(invalid)?;
        let (from, to) = minute(from).zip(minute(to)).ok_or_else(invalid)?;
        if from == to {
            return Err(invalid());
        }
        Ok(Self { from, to, then: QuietThen::default() })
    }
}

/// The minute of the day in `22:00`; `24:00` is the first of the next day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let is_number = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hour) || !is_number(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let of_day = hour * 60 + minute;
    (minute < 60 && of_day <= DAY_MINUTES).then_some(of_day % DAY_MINUTES)
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, then: _ } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 00:00 in China, and so many minutes.
    fn at(minute: u64) -> Instant {
        Instant(1_795_363_200_000 + minute * 60_000)
    }

    #[test]
    fn a_night_begins_on_one_day_and_ends_on_the_next() {
        let night: QuietHours = "22:00-08:00".parse().unwrap();
        assert_eq!(night.end_of(at(21 * 60 + 59) + Millis(59_999)), None);
        assert_eq!(night.end_of(at(22 * 60)), Some(at(32 * 60)));
        assert_eq!(night.end_of(at(7 * 60 + 59) + Millis(59_999)), Some(at(8 * 60)));
        assert_eq!(night.end_of(at(8 * 60)), None);
        let noon: QuietHours = "12:00-13:30".parse().unwrap();
        assert_eq!(
            [719, 720, 809, 810].map(|minute| noon.end_of(at(minute)).is_some()),
            [false, true, true, false]
        );
        assert_eq!(night.to_string(), "22:00-08:00");
        let evening: QuietHours = "20:00-24:00".parse().unwrap();
        assert_eq!(evening.end_of(at(21 * 60)), Some(at(24 * 60)));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for bad in
            ["", "22:00", "22-8", "22:00-22:00", "25:00-08:00", "22:60-08:00", "2:00-08:00", "00:00-24:00"]
        {
            assert!(bad.parse::<QuietHours>().is_err(), "{bad}");
        }
    }
}
