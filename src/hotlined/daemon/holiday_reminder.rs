//! Reminds the operator of a year whose holidays and make-up days are missing.
//!
//! The government publishes the holidays of a year about November of the year before. From the first of December on,
//! and for as long as a year is missing, the log warns once a day: without the file, hotlines would be open on a day
//! off, or closed on a make-up day.

use super::clock::Clock;
use hotlined_core::hours::Calendar;
use hotlined_core::time::{Instant, Millis};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;

/// The length of a day in China, which has no daylight saving time.
const DAY: Millis = Millis::seconds(24 * 3600);
/// How much earlier a day begins in China than in UTC.
const CHINA_AHEAD: Millis = Millis::seconds(8 * 3600);

/// The reminders of the present day.
#[derive(Debug, Default)]
struct Reminder {
    today: Option<Date>,
    reminded: BTreeSet<i16>,
}

impl Reminder {
    /// The years to remind of now. Each year comes once a day.
    fn due(&mut self, now: Instant, calendar: &Calendar) -> Vec<i16> {
        let today = Some(now.china_date());
        if self.today != today {
            *self = Self { today, reminded: BTreeSet::new() };
        }
        let missing = calendar.missing_years(now);
        missing.into_iter().filter(|year| self.reminded.insert(*year)).collect()
    }
}

/// When the next day begins in China.
fn next_day(now: Instant) -> Instant {
    let begun = (now + CHINA_AHEAD).0 / DAY.0;
    Instant((begun + 1).saturating_mul(DAY.0)) - CHINA_AHEAD
}

/// Reminds now, when the calendar changes and at the begin of each day, until the sender of the calendar is dropped.
pub async fn remind(mut calendar: watch::Receiver<Arc<Calendar>>) {
    let clock = Clock::start();
    let mut reminder = Reminder::default();
    loop {
        let known = calendar.borrow_and_update().clone();
        let now = clock.now();
        for year in reminder.due(now, &known) {
            tracing::warn!(
                year,
                "the holidays and make-up days of a year are not known, so its weekdays decide: put a file such as \
                 {year}.json into the folder that `holidays` names in the settings"
            );
        }
        tokio::select! {
            () = tokio::time::sleep_until(clock.wake_at(next_day(now))) => {}
            changed = calendar.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This time on the walls of China.
    fn china(wall: &str) -> Instant {
        let wall: jiff::civil::DateTime = wall.parse().unwrap();
        let zoned = wall.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8))).unwrap();
        Instant(u64::try_from(zoned.timestamp().as_millisecond()).unwrap())
    }

    #[test]
    fn a_year_is_told_once_a_day_and_again_on_the_next() {
        let known = Calendar::known();
        let mut with_2027 = known.clone();
        with_2027.overlay(r#"{"year": 2027, "days": []}"#, "2027.json").unwrap();
        let mut reminder = Reminder::default();
        for (at, calendar, years) in [
            ("2026-11-30T23:59:59", &known, &[][..]),
            ("2026-12-01T00:00:00", &known, &[2027]),
            ("2026-12-01T18:00:00", &known, &[]),
            ("2026-12-02T00:00:00", &with_2027, &[]),
            // The file was removed again on the same day, before a reminder of that day.
            ("2026-12-02T12:00:00", &known, &[2027]),
            ("2026-12-02T13:00:00", &known, &[]),
            ("2026-12-31T00:00:00", &known, &[2027]),
            ("2027-01-01T00:00:00", &known, &[2027]),
            ("2027-12-01T08:00:00", &known, &[2027, 2028]),
            ("2027-12-02T08:00:00", &with_2027, &[2028]),
        ] {
            assert_eq!(reminder.due(china(at), calendar), years, "{at}");
        }
    }

    #[test]
    fn the_next_look_is_when_the_day_begins() {
        for (now, next) in [
            ("2026-11-30T23:59:59.999", "2026-12-01T00:00"),
            ("2026-12-01T00:00", "2026-12-02T00:00"),
            ("2026-12-01T07:59", "2026-12-02T00:00"),
            ("2026-12-31T08:00", "2027-01-01T00:00"),
            ("2028-02-28T12:00", "2028-02-29T00:00"),
        ] {
            assert_eq!(next_day(china(now)), china(next), "{now}");
        }
    }
}
