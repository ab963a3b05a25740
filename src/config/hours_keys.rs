//! Reads a table of hours into [`Hours`] or diagnostics. The whole format:
//!
//! ```toml
//! [hours]
//! zone = "Asia/Shanghai"                       # optional
//! open = ["workdays 09:00-12:00 13:30-18:00", "sat 10:00-16:00"]
//! lunch = "workdays 12:00-13:30"
//! holiday = "holidays"                         # without times: all of the day that is left
//!
//! [[hours.except]]                             # such a day has these lines and no others
//! date = "2026-12-30..2027-01-02"              # or "2026-12-31", or "12-31" for every year
//! open = "09:00-12:00"
//!
//! [[hours.except]]
//! date = "05-20"
//! closed = true                                # all day
//! ```
//!
//! Every key except `zone` and `except` is a state, with any name. Days are `mon` to `sun`, spans of
//! them, `daily`, `workdays` (as people work: without holidays, with make-up days), `weekends`, `holidays` and the
//! seven statutory holidays by their Chinese names (a key in Chinese needs double quotes; a value has them). A time
//! that no line names is closed. [`hotlined_core::hours`] says which line counts on a date with several.

use super::Problem;
use super::toml_reader::{Located, Table, TomlFile};
use crate::source_position::{Hint, shortened};
use hotlined_core::hours::{
    BadHours, BadLine, CLOSED, Dates, Exception, Hours, Line, OPEN, Place, Rule, Shifts, ZONE_DEFAULT, Zone,
    day_words, is_state_name,
};
use std::str::FromStr;
use std::sync::Arc;

const ZONE: &str = "zone";
const EXCEPT: &str = "except";
const DATE: &str = "date";
const LINES_FORM: &str = "write text such as \"mon-fri 09:00-18:00\", or several in a list";
const SHIFTS_FORM: &str = "write text such as \"09:00-12:00\", several in a list, or true for all day";
const EXCEPT_FORM: &str = "write each exception below a line [[hours.except]], with two brackets";
const STATE_EXAMPLE: &str = "open = \"mon-fri 09:00-18:00\"";
const EXCEPT_EXAMPLE: &str = "open = \"09:00-12:00\" or closed = true";

/// Reads a table of hours. `None` if the table has any error.
pub(super) fn hours(table: &Table<'_>, toml: &mut TomlFile<'_>) -> Option<Hours> {
    let diagnostics = toml.diagnostic_count();
    let mut draft = HoursDraft::default();
    let zone = if table.offset_of(ZONE).is_some() { zone(table, toml) } else { Some(Zone::default()) };
    for (key, at) in table.keys() {
        match key {
            ZONE => {}
            EXCEPT => draft.exceptions(table, toml),
            state => match state_of(state) {
                Ok(state) => draft.lines(&state, table, toml),
                Err(problem) => toml.report(at, table.path(&shortened(key)), problem),
            },
        }
    }
    if table.keys().iter().all(|(key, _)| *key == ZONE) {
        toml.report(table.at, table.path(OPEN), Problem::NoState(STATE_EXAMPLE));
    }
    if toml.diagnostic_count() == diagnostics { draft.build(zone?, table, toml) } else { None }
}

/// The rules and exceptions that are read so far, with their positions.
#[derive(Default)]
struct HoursDraft {
    rules: Vec<Rule>,
    rules_at: Vec<(usize, String)>,
    exceptions: Vec<Exception>,
    exceptions_at: Vec<(usize, String)>,
}

impl HoursDraft {
    fn lines(&mut self, state: &Arc<str>, table: &Table<'_>, toml: &mut TomlFile<'_>) {
        for (line, at, key) in each::<Line>(table, toml, state, LINES_FORM) {
            self.rules.push(Rule { state: state.clone(), line });
            self.rules_at.push((at, key));
        }
    }

    fn exceptions(&mut self, table: &Table<'_>, toml: &mut TomlFile<'_>) {
        let tables = table.tables(toml, EXCEPT, EXCEPT_FORM);
        for table in tables.iter().flatten() {
            if let Some(exception) = exception(table, toml) {
                self.exceptions.push(exception);
                self.exceptions_at.push((table.at, table.path(DATE)));
            }
        }
    }

    fn build(self, zone: Zone, table: &Table<'_>, toml: &mut TomlFile<'_>) -> Option<Hours> {
        let place = |place| match place {
            Place::Rule(index) => self.rules_at.get(index),
            Place::Exception(index) => self.exceptions_at.get(index),
        };
        match Hours::new(zone, self.rules, self.exceptions) {
            Ok(hours) => return Some(hours),
            Err(BadHours::Overlap(overlap)) => {
                let mut places = [place(overlap.first)?, place(overlap.second)?];
                // Reported at the second of the two positions.
                places.sort();
                let [(first, _), (second, key)] = places;
                let first = toml.position(*first).line;
                toml.report(*second, key, Problem::TwoStates { when: overlap.to_string(), first });
            }
            Err(
                BadHours::TooMuch
                | BadHours::Zone(_)
                | BadHours::State(_)
                | BadHours::Line(_)
                | BadHours::Dates(_)
                | BadHours::NoState(_),
            ) => toml.report(table.at, table.name(), Problem::TooManyHours),
        }
        None
    }
}

/// The parsed texts of a key.
fn each<T: FromStr<Err = BadLine>>(
    table: &Table<'_>,
    toml: &mut TomlFile<'_>,
    key: &str,
    form: &'static str,
) -> Vec<(T, usize, String)> {
    let empty = table.is_empty_list(key).then(|| (table.offset_of(key).unwrap_or(table.at), table.path(key)));
    if let Some((at, key)) = empty {
        toml.report(at, key, Problem::WrongType { found: "an empty list", expected: form });
    }
    let texts = table.texts(toml, key, form);
    let mut read = Vec::new();
    for Located { value, at, key } in texts.into_iter().flatten() {
        match value.parse() {
            Ok(good) => read.push((good, at, key)),
            Err(bad) => toml.report(at, key, problem(bad)),
        }
    }
    read
}

fn exception(table: &Table<'_>, toml: &mut TomlFile<'_>) -> Option<Exception> {
    let dates = table.required(toml, DATE, "write such as date = \"2026-12-31\"", dates);
    let mut states = Vec::new();
    for (key, at) in table.keys().into_iter().filter(|(key, _)| *key != DATE) {
        let state = match exception_state_of(key) {
            Ok(state) => state,
            Err(problem) => {
                toml.report(at, table.path(&shortened(key)), problem);
                continue;
            }
        };
        if table.is_flag(key) {
            match table.flag(toml, key) {
                Some(true) => states.push((state, Shifts::default())),
                // An exception has only the lines that it names, so `false` has no meaning.
                Some(false) | None => {
                    let problem =
                        Problem::WrongType { found: "false", expected: "write true, or leave it out" };
                    toml.report(at, table.path(key), problem);
                }
            }
            continue;
        }
        let shifts = each::<Shifts>(table, toml, key, SHIFTS_FORM);
        states.extend(shifts.into_iter().map(|(shifts, _, _)| (state.clone(), shifts)));
    }
    if table.keys().iter().all(|(key, _)| *key == DATE) {
        toml.report(table.at, table.path(OPEN), Problem::NoState(EXCEPT_EXAMPLE));
    }
    if states.is_empty() { None } else { Some(Exception { dates: dates?, states }) }
}

/// The state of a key, unless the key is a misspelled `zone` or `except`.
fn state_of(key: &str) -> Result<Arc<str>, Problem> {
    let meant = match key {
        "timezone" | "time_zone" | "tz" => Some(ZONE),
        "exception" | "exceptions" => Some(EXCEPT),
        _ => None,
    };
    let near = || matches!(Hint::of(key, [EXCEPT]), Hint::Near(_)).then_some(EXCEPT);
    match meant.or_else(near) {
        Some(meant) => Err(Problem::UnknownKey(Hint::Near(meant.to_owned()))),
        None if is_state_name(key) => Ok(key.into()),
        None => Err(Problem::State),
    }
}

fn exception_state_of(key: &str) -> Result<Arc<str>, Problem> {
    match key {
        "dates" | "day" | "days" => Err(Problem::UnknownKey(Hint::Near(DATE.to_owned()))),
        ZONE => Err(Problem::UnknownKey(Hint::Elsewhere("an exception has the zone of its table"))),
        "state" | "all_day" => Err(Problem::UnknownKey(Hint::Near(format!("{CLOSED} = true")))),
        key => state_of(key),
    }
}

fn zone(table: &Table<'_>, toml: &mut TomlFile<'_>) -> Option<Zone> {
    let found = table.text(toml, ZONE)?;
    let zone = Zone::named(found.value);
    if zone.is_none() {
        let near = nearest_zone(found.value);
        toml.report(found.at, found.key, Problem::Zone { found: shortened(found.value), near });
    }
    zone
}

fn nearest_zone(word: &str) -> String {
    // Names without a city, such as GMT+0, are similar to many words that mean another zone.
    let mut names = Zone::names();
    names.retain(|name| name.contains('/') && !name.starts_with("Etc/"));
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let near = match Hint::of(word, lower.iter().map(String::as_str)) {
        Hint::Near(near) => lower.iter().position(|name| *name == near),
        Hint::OneOf(_) | Hint::Elsewhere(_) => None,
    };
    near.map_or_else(|| ZONE_DEFAULT.to_owned(), |index| names.swap_remove(index))
}

fn dates(table: &Table<'_>, toml: &mut TomlFile<'_>) -> Option<Dates> {
    let found = table.text(toml, DATE)?;
    match found.value.parse() {
        Ok(dates) => Some(dates),
        Err(bad) => {
            toml.report(found.at, found.key, bad);
            None
        }
    }
}

/// The problem of a line, with the nearest known day.
fn problem(bad: BadLine) -> Problem {
    let BadLine::Day(found) = bad else { return bad.into() };
    // Two-character Chinese words are all similar, so all of them are listed.
    let (latin, chinese): (Vec<_>, Vec<_>) = day_words().into_iter().partition(|word| word.is_ascii());
    let hint = match found.is_ascii() {
        true => Hint::of(&found, latin.iter().chain(&chinese).copied()),
        false => Hint::OneOf(chinese.iter().chain(&latin).map(|word| (*word).to_owned()).collect()),
    };
    Problem::Day { found, hint }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Diagnostic;
    use hotlined_core::hours::Calendar;
    use hotlined_core::time::Instant;
    use proptest::prelude::*;
    use std::path::Path;

    const SHOP: &str = r#"
zone = "asia/shanghai"
open = ["workdays 09:00-12:00 13:30-18:00", "sat 10:00-16:00"]
lunch = "workdays 12:00-13:30"
holiday = "holidays"
[[except]]
date = "2026-12-30..2027-01-02"
open = ["09:00-10:00", "11:00-12:00"]
"盘点" = "13:00-15:00"
[[except]]
date = "05-20"
closed = true
"#;

    fn read(text: &str) -> Result<Hours, Vec<Diagnostic>> {
        let mut toml = TomlFile::new(Path::new("shop.toml"), text);
        let read = toml.parse().and_then(|document| {
            let table = Table::new(document.span().start, "hours".to_owned(), document.get_ref());
            hours(&table, &mut toml)
        });
        // One without the other would be a table taken by halves, or one refused without a word.
        assert_eq!(read.is_some(), toml.is_clean(), "{text}");
        read.ok_or(toml.into_diagnostics())
    }

    fn told(text: &str) -> String {
        let diagnostics = read(text).unwrap_err();
        diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let hours = read(SHOP).unwrap();
        assert_eq!(&**hours.zone().name(), "Asia/Shanghai");
        let mut states: Vec<&str> = hours.states().iter().map(|state| &**state).collect();
        states.sort_unstable();
        assert_eq!(states, ["closed", "holiday", "lunch", "open", "盘点"]);
        let calendar = Calendar::known();
        // 2026-11-27 is a Friday; 04:30 UTC is 12:30.
        let noon: jiff::Timestamp = "2026-11-27T04:30:00Z".parse().unwrap();
        let at = |days: i64| Instant(u64::try_from(noon.as_millisecond() + days * 86_400_000).unwrap());
        let states = [0, 1, 2, 33].map(|days| hours.state(at(days), &calendar).state.to_string());
        assert_eq!(states, ["lunch", "open", "closed", "closed"]);
    }

    #[test]
    fn a_table_does_not_depend_on_how_it_is_laid_out() {
        let other = r#"
holiday = ["节假日"]
lunch = ["工作日 12:00-13:30"]
open = ["workdays 9:00-12:00, 13:30-18:00", "Saturday 10:00-16:00"]
except = [
    { date = "2026-12-30..2027-01-02", "盘点" = "13:00-15:00", open = "09:00-10:00, 11:00-12:00" },
    { date = "05-20", closed = true },
]
"#;
        let (one, other) = (read(SHOP).unwrap(), read(other).unwrap());
        assert_eq!(one.zone(), other.zone());
        let lines = |hours: &Hours| serde_json::to_value(hours).unwrap()["lines"].clone();
        assert_eq!(lines(&one), lines(&other));
    }

    #[test]
    fn every_mistake_has_its_place_and_remedy() {
        for (text, told_as) in [
            ("", "1:1: hours.open: names no state: write such as open = \"mon-fri 09:00-18:00\""),
            ("zone = 8\nopen = \"mon\"", "1:8: hours.zone: is a whole number: write text in double quotes"),
            (
                "zone = \"Asia/Beijing\"\nopen = \"mon\"",
                "1:8: hours.zone: \"Asia/Beijing\" is no time zone: write an IANA name such as Asia/Shanghai",
            ),
            (
                "zone = \"europe/Berlim\"\nopen = \"mon\"",
                "1:8: hours.zone: \"europe/Berlim\" is no time zone: write an IANA name such as Europe/Berlin",
            ),
            ("xcept = \"mon\"", "1:1: hours.xcept: is no key: did you mean `except`?"),
            ("timezone = \"PRC\"", "1:1: hours.timezone: is no key: did you mean `zone`?"),
            (
                "\"my hours\" = \"mon\"",
                "1:1: hours.my hours: cannot be a state: its name must have 1 to 32 letters, digits, _ and -",
            ),
            (
                "open = [\"mon-fry 09:00-12:00\"]",
                "1:9: hours.open[0]: \"fry\" is no day: did you mean `fri`?",
            ),
            (
                "open = \"春结 09:00-12:00\"",
                "1:8: hours.open: \"春结\" is no day: write one of 元旦, 春节, 清明节, 劳动节, 端午节, 中秋节, 国庆节, \
                 mon, tue, wed, thu, fri, sat, sun, daily, workdays, weekends, holidays",
            ),
            (
                "open = \"mon 9-18\"",
                "1:8: hours.open: \"9\" is no time of day: write 00:00 to 24:00, hours and minutes with two digits \
                 each",
            ),
            (
                "open = []",
                "1:1: hours.open: is an empty list: write text such as \"mon-fri 09:00-18:00\", or several in a list",
            ),
            (
                "open = [\"mon\", 1]",
                "1:16: hours.open[1]: is a whole number: write text such as \"mon-fri 09:00-18:00\", or several in a \
                 list",
            ),
            (
                "lunch = \"mon-fri 12:00-13:30\"\nopen = \"mon-fri 09:00-18:00\"",
                "2:8: hours.open: names a state for Monday at 12:00, for which line 1 names another: take that time \
                 out of one of them",
            ),
            (
                "open = \"mon\"\n[except]\ndate = \"12-31\"",
                "2:1: hours.except: is a table: write each exception below a line [[hours.except]], with two brackets",
            ),
            (
                "[[except]]\ndate = \"12-31\"",
                "1:1: hours.except[0].open: names no state: write such as open = \"09:00-12:00\" or closed = true",
            ),
            (
                "[[except]]\ndate = \"12-31\"\nopen = \"\"",
                "3:8: hours.except[0].open: \"\" is no span of time: write such as 09:00-18:00, or 22:00-06:00 over \
                 midnight",
            ),
            (
                "[[except]]\nopen = true",
                "1:1: hours.except[0].date: is missing: write such as date = \"2026-12-31\"",
            ),
            (
                "[[except]]\ndate = \"2026-02-29\"\nopen = false\nlunch = \"mon 09:00-12:00\"\nstate = \"closed\"",
                "2:8: hours.except[0].date: \"2026-02-29\" is no date: write 2026-12-31, or 12-31 for every year; two \
                 dates with .. between them are a span\n\
                 shop.toml:3:1: hours.except[0].open: is false: write true, or leave it out\n\
                 shop.toml:4:9: hours.except[0].lunch: \"mon\" is no span of time: write such as 09:00-18:00, or \
                 22:00-06:00 over midnight\n\
                 shop.toml:5:1: hours.except[0].state: is no key: did you mean `closed = true`?",
            ),
        ] {
            assert_eq!(told(text), format!("shop.toml:{told_as}"), "{text}");
        }
    }

    #[test]
    fn a_table_of_too_many_lines_is_refused() {
        let line = "\"mon 09:00-12:00\",";
        let lines = |count| format!("open = [{}]", line.repeat(count));
        assert!(read(&lines(hotlined_core::hours::LINES_MAX)).is_ok());
        assert!(
            told(&lines(hotlined_core::hours::LINES_MAX + 1))
                .contains("hours: is too large: at most 200 lines")
        );
    }

    proptest! {
        #[test]
        fn a_table_with_a_slip_is_a_table_or_has_a_placed_fault(at in 0..SHOP.len(), slip in "\\PC{0,3}|[\\[\\]{}\"=\n.]") {
            if let (Some(before), Some(after)) = (SHOP.get(..at), SHOP.get(at + 1..))
                && let Err(diagnostics) = read(&format!("{before}{slip}{after}"))
            {
                prop_assert!(!diagnostics.is_empty() && diagnostics.iter().all(|diagnostic| diagnostic.at.is_some()), "{diagnostics:?}");
            }
        }
    }
}
