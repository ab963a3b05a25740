//! The time of day in China, as messages tell it.

use crate::time::Instant;
use jiff::civil::DateTime;

fn china(at: Instant) -> DateTime {
    const CHINA: jiff::tz::Offset = jiff::tz::Offset::constant(8);
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    CHINA.to_datetime(jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX))
}

/// `3月27日9时18分`.
pub fn china_time(at: Instant) -> String {
    let time = china(at);
    format!("{}月{}日{}时{}分", time.month(), time.day(), time.hour(), time.minute())
}

/// The minute of the day in China: 0 to 1439.
pub fn china_minute_of_day(at: Instant) -> u16 {
    let time = china(at);
    // An hour is 0 to 23 and a minute 0 to 59.
    (i16::from(time.hour()) * 60 + i16::from(time.minute())).unsigned_abs()
}
