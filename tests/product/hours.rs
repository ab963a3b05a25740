//! Tables of hours against a second reader that knows nothing of the first: it goes minute by minute through the
//! rules as [`hotlined_core::hours`] tells them, with the clock changes of its zones written out by hand.

use hotlined_core::hours::{Calendar, DayKind, Hours};
use hotlined_core::time::Instant;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;
use serde_json::json;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 1_440;
const STEPPED_DAYS: i64 = 3;
const STATES: [&str; 4] = ["closed", "open", "lunch", "night"];
const DAY_WORDS: [&str; 14] = [
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "daily",
    "workdays",
    "weekends",
    "holidays",
    "春节",
    "国庆节",
    "元旦",
];
const FESTIVALS: [&str; 3] = ["春节", "国庆节", "元旦"];

/// Days around which much happens: clock changes of each zone, holidays and make-up days, ends of years, leap days.
fn eventful() -> [Date; 14] {
    [
        date(2024, 2, 29),
        date(2024, 3, 10),
        date(2024, 3, 31),
        date(2024, 4, 7),
        date(2024, 10, 6),
        date(2024, 10, 27),
        date(2024, 11, 3),
        date(2025, 10, 1),
        date(2026, 1, 3),
        date(2026, 2, 14),
        date(2026, 3, 8),
        date(2026, 10, 1),
        date(2026, 12, 31),
        date(2027, 10, 31),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Shanghai,
    Berlin,
    NewYork,
    LordHowe,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Shanghai => "Asia/Shanghai",
            Self::Berlin => "Europe/Berlin",
            Self::NewYork => "America/New_York",
            Self::LordHowe => "Australia/Lord_Howe",
        }
    }

    /// How far ahead of UTC its clocks are, in minutes.
    fn ahead(self, utc: i64) -> i64 {
        let year = i16::try_from(1970 + utc.div_euclid(365 * DAY_MINUTES)).unwrap();
        // The guess may be a year too far near New Year, when no clock of these is changed.
        let year = if minutes(date(year, 1, 1)) > utc { year - 1 } else { year };
        let sunday = |month: i8, nth: i8| {
            let day = if nth > 0 { date(year, month, 1) } else { date(year, month, 1).last_of_month() };
            minutes(match nth {
                1 if day.weekday() == Weekday::Sunday => day,
                1 => day.nth_weekday(1, Weekday::Sunday).unwrap(),
                2 => day.yesterday().unwrap().nth_weekday(2, Weekday::Sunday).unwrap(),
                _ => day.tomorrow().unwrap().nth_weekday(-1, Weekday::Sunday).unwrap(),
            })
        };
        match self {
            Self::Shanghai => 480,
            // The last Sundays of March and October at 01:00 UTC.
            Self::Berlin => {
                60 + if (sunday(3, -1) + 60..sunday(10, -1) + 60).contains(&utc) { 60 } else { 0 }
            }
            // The second Sunday of March at 02:00 and the first of November at 02:00, as clocks show just before.
            Self::NewYork => {
                let summer = sunday(3, 2) + 120 + 300..sunday(11, 1) + 120 + 240;
                if summer.contains(&utc) { -240 } else { -300 }
            }
            // From the first Sunday of October at 02:00 to the first of April at 02:00, by half an hour.
            Self::LordHowe => {
                let winter = sunday(4, 1) + 120 - 660..sunday(10, 1) + 120 - 630;
                if winter.contains(&utc) { 630 } else { 660 }
            }
        }
    }
}

/// Minutes from 1970 to the beginning of this day, if its clocks were on UTC.
fn minutes(day: Date) -> i64 {
    i64::from((day - date(1970, 1, 1)).get_days()) * DAY_MINUTES
}

type Shifts = Vec<(i64, i64)>;

#[derive(Clone, Debug)]
struct Table {
    place: Place,
    lines: Vec<(&'static str, Vec<&'static str>, Shifts)>,
    exceptions: Vec<Exception>,
}

#[derive(Clone, Debug)]
struct Exception {
    from: Date,
    to: Date,
    yearly: bool,
    states: Vec<(&'static str, Shifts)>,
}

fn written(shifts: &Shifts) -> String {
    let time = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let shifts: Vec<_> = shifts.iter().map(|(from, to)| format!("{}-{}", time(*from), time(*to))).collect();
    shifts.join(" ")
}

impl Table {
    /// The table of the daemon; none if it refuses this one.
    fn hours(&self) -> Option<Hours> {
        let lines = self
            .lines
            .iter()
            .map(|(state, days, shifts)| json!([state, format!("{} {}", days.join(","), written(shifts))]));
        let exceptions = self.exceptions.iter().map(|exception| {
            let end = |day: Date| match exception.yearly {
                true => day.strftime("%m-%d").to_string(),
                false => day.to_string(),
            };
            let states = exception.states.iter().map(|(state, shifts)| match shifts.is_empty() {
                true => json!([state, "all day"]),
                false => json!([state, written(shifts)]),
            });
            json!({
                "dates": format!("{}..{}", end(exception.from), end(exception.to)),
                "states": states.collect::<Vec<_>>(),
            })
        });
        let table = json!({
            "zone": self.place.name(),
            "lines": lines.collect::<Vec<_>>(),
            "exceptions": exceptions.collect::<Vec<_>>(),
        });
        serde_json::from_value(table).ok()
    }

    /// What counts on this day.
    fn of_day(&self, day: Date, calendar: &Calendar) -> Vec<(&'static str, &Shifts)> {
        for exception in &self.exceptions {
            if exception.holds(day) {
                return exception.states.iter().map(|(state, shifts)| (*state, shifts)).collect();
            }
        }
        let with = |word: &dyn Fn(&str) -> bool| -> Vec<(&'static str, &Shifts)> {
            let lines = self.lines.iter().filter(|(_, days, _)| days.iter().any(|day| word(day)));
            lines.map(|(state, _, shifts)| (*state, shifts)).collect()
        };
        let weekday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            [usize::try_from(day.weekday().to_monday_zero_offset()).unwrap()];
        let literal = |word: &str| word == weekday || word == "daily";
        let or_literal = |lines: Vec<_>| if lines.is_empty() { with(&literal) } else { lines };
        match calendar.day(day).kind {
            DayKind::Workday => with(&|word| literal(word) || word == "workdays"),
            DayKind::Weekend => with(&|word| literal(word) || word == "weekends"),
            DayKind::MakeUp(_) => or_literal(with(&|word| word == "workdays")),
            DayKind::Holiday(name) => {
                let named = FESTIVALS.iter().find(|festival| name.contains(*festival));
                let named = named.map(|festival| with(&|word| word == *festival)).unwrap_or_default();
                or_literal(if named.is_empty() { with(&|word| word == "holidays") } else { named })
            }
        }
    }

    /// The state at so many minutes since 1970.
    fn state(&self, utc: i64, calendar: &Calendar) -> &'static str {
        let wall = utc + self.place.ahead(utc);
        let day = date(1970, 1, 1) + i32::try_from(wall.div_euclid(DAY_MINUTES)).unwrap().days();
        let minute = wall.rem_euclid(DAY_MINUTES);
        for (state, shifts) in self.of_day(day.yesterday().unwrap(), calendar) {
            if shifts.iter().any(|(from, to)| to <= from && minute < *to) {
                return state;
            }
        }
        let today = self.of_day(day, calendar);
        let holds =
            |shifts: &Shifts| shifts.iter().any(|(from, to)| *from <= minute && (minute < *to || to <= from));
        let all_day = |shifts: &Shifts| shifts.is_empty();
        let mut states = today.iter().filter(|(_, shifts)| holds(shifts)).map(|(state, _)| *state);
        if let Some(state) = states.next() {
            assert!(states.all(|other| other == state), "{day} {minute}: two states were let in");
            return state;
        }
        today.iter().find(|(_, shifts)| all_day(shifts)).map_or(STATES[0], |(state, _)| *state)
    }
}

impl Exception {
    fn holds(&self, day: Date) -> bool {
        if !self.yearly {
            return (self.from..=self.to).contains(&day);
        }
        let of = |day: Date| (day.month(), day.day());
        let (from, to, day) = (of(self.from), of(self.to), of(day));
        if from <= to { from <= day && day <= to } else { day >= from || day <= to }
    }
}

fn shift() -> impl Strategy<Value = (i64, i64)> {
    let time = prop_oneof![0..DAY_MINUTES, (0..48i64).prop_map(|half_hours| half_hours * 30)];
    (time.clone(), time).prop_filter("no length", |(from, to)| from != to)
}

fn state() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&STATES[..])
}

fn line() -> impl Strategy<Value = (&'static str, Vec<&'static str>, Shifts)> {
    (
        state(),
        prop::collection::vec(prop::sample::select(&DAY_WORDS[..]), 1..4),
        prop::collection::vec(shift(), 0..3),
    )
}

fn exception(around: Date) -> impl Strategy<Value = Exception> {
    let states = prop::collection::vec((state(), prop::collection::vec(shift(), 0..2)), 1..3);
    (-4..4i32, 0..3i32, any::<bool>(), states).prop_map(move |(from, length, yearly, states)| {
        let from = around + from.days();
        Exception { from, to: from + length.days(), yearly, states }
    })
}

/// A table that the daemon takes, and instants at which something may be about to happen.
fn table_and_instants() -> impl Strategy<Value = (Table, Hours, Vec<u64>)> {
    let place = prop::sample::select(vec![Place::Shanghai, Place::Berlin, Place::NewYork, Place::LordHowe]);
    (place, prop::sample::select(eventful().to_vec())).prop_flat_map(|(place, around)| {
        let table = (prop::collection::vec(line(), 0..6), prop::collection::vec(exception(around), 0..3))
            .prop_map(move |(lines, exceptions)| Table { place, lines, exceptions })
            .prop_filter_map("two states at once", |table| Some((table.hours()?, table)));
        let from = minutes(around) * MINUTE_MS;
        let near = (-4 * DAY_MINUTES * MINUTE_MS..5 * DAY_MINUTES * MINUTE_MS).prop_map(move |ms| from + ms);
        let far = 1_704_067_200_000i64..1_830_297_600_000;
        let instants = prop::collection::vec(prop_oneof![3 => near, 1 => far], 40);
        (table, instants).prop_map(|((hours, table), instants)| {
            (table, hours, instants.into_iter().map(|ms| u64::try_from(ms).unwrap()).collect())
        })
    })
}

fn utc(at: u64) -> i64 {
    i64::try_from(at).unwrap().div_euclid(MINUTE_MS)
}

/// Going minute by minute takes its time; most of what can be left out of a table is left out early.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { max_shrink_iters: 2_000, ..crate::support::cases(cases) }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn the_state_is_what_the_rules_say((table, hours, instants) in table_and_instants()) {
        let calendar = Calendar::known();
        for at in instants {
            let answer = hours.state(Instant(at), &calendar);
            prop_assert_eq!(&*answer.state, table.state(utc(at), &calendar), "{} {}", Instant(at), answer.because);
            prop_assert!(hours.is(&answer.state, Instant(at), &calendar) && hours.ever(&answer.state));
        }
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn the_next_change_is_the_first_minute_that_is_another((table, hours, instants) in table_and_instants()) {
        let calendar = Calendar::known();
        for at in &instants[..4] {
            let now = utc(*at);
            let before = table.state(now, &calendar);
            let minutes = now + 1..now + STEPPED_DAYS * DAY_MINUTES;
            let stepped = minutes.clone().find(|minute| table.state(*minute, &calendar) != before);
            let change = hours.next_change(Instant(*at), &calendar).map(|change| {
                assert_eq!(change.0 % 60_000, 0);
                utc(change.0)
            });
            prop_assert_eq!(change.filter(|change| minutes.contains(change)), stepped, "{}", Instant(*at));
        }
    }
}

#[test]
fn the_second_reader_knows_when_clocks_are_changed() {
    for place in [Place::Shanghai, Place::Berlin, Place::NewYork, Place::LordHowe] {
        let zone = jiff::tz::TimeZone::get(place.name()).unwrap();
        for hour in minutes(date(2024, 1, 1)) / 30..minutes(date(2028, 1, 1)) / 30 {
            let timestamp = jiff::Timestamp::from_second(hour * 1_800).unwrap();
            let ahead = i64::from(zone.to_offset(timestamp).seconds()) / 60;
            assert_eq!(place.ahead(hour * 30), ahead, "{place:?} {timestamp}");
        }
    }
}
