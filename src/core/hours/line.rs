//! A line of a table of hours: days, and the shifts on these days.
//!
//! ```text
//! mon-fri 09:00-12:00 13:30-18:00     two shifts
//! sat,sun 22:00-06:00                 over midnight: the shift belongs to the day on which it begins
//! workdays 09:00-18:00                working days: without holidays, with make-up days (调休)
//! 春节                                no times: the rest of the day
//! ```

use super::festival::Festival;
use std::fmt;
use std::str::FromStr;

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;
/// The most shifts in one line.
pub const LINE_SHIFTS_MAX: usize = 24;

/// Weekdays, the first letters of which are enough, from Monday on.
const WEEKDAYS: [(&str, &str); 7] = [
    ("mon", "周一"),
    ("tue", "周二"),
    ("wed", "周三"),
    ("thu", "周四"),
    ("fri", "周五"),
    ("sat", "周六"),
    ("sun", "周日"),
];
const WEEKDAYS_IN_FULL: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// How shifts are written that are whatever is left of a day.
const ALL_DAY: &str = "all day";
const DAILY: [&str; 2] = ["daily", "每天"];
const WORKDAYS: [&str; 2] = ["workdays", "工作日"];
const WEEKENDS: [&str; 2] = ["weekends", "周末"];
const HOLIDAYS: [&str; 2] = ["holidays", "节假日"];

/// The words with which a line can begin, with the short forms of weekdays.
pub fn day_words() -> Vec<&'static str> {
    let weekdays = WEEKDAYS.iter().map(|(short, _)| *short);
    let sorts = [DAILY[0], WORKDAYS[0], WEEKENDS[0], HOLIDAYS[0]];
    weekdays.chain(sorts).chain(Festival::ALL.map(Festival::name)).collect()
}

/// The English name of a weekday, counted from Monday.
pub(super) fn weekday_name(from_monday: usize) -> &'static str {
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][from_monday % 7]
}

/// Why a text is no line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// The line names no day.
    #[error("names no day: write such as \"mon-fri 09:00-18:00\"")]
    Empty,
    /// The word is no known day.
    #[error("{0:?} is no day")]
    Day(String),
    /// The text is no shift.
    #[error("{0:?} is no span of time: write such as 09:00-18:00, or 22:00-06:00 over midnight")]
    Shift(String),
    /// The text is no time of day.
    #[error("{0:?} is no time of day: write 00:00 to 24:00, hours and minutes with two digits each")]
    Time(String),
    /// The shift ends when it begins.
    #[error("{0:?} ends where it begins: write 00:00-24:00 for a whole day")]
    NoLength(String),
    /// The line has too many shifts.
    #[error("has more than {LINE_SHIFTS_MAX} shifts: write two lines")]
    TooMany,
}

/// A shift, in minutes from the beginning of its day. Minutes from 1440 on belong to the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shift {
    pub(super) from: u16,
    pub(super) to: u16,
}

impl Shift {
    /// The shift between two minutes of a day, over midnight if `to` is before `from`. `None` if the shift has no
    /// length, or if a value is no minute of a day.
    pub fn new(from: u16, to: u16) -> Option<Self> {
        if from >= DAY_MINUTES || to > DAY_MINUTES || from == to {
            return None;
        }
        Some(Self { from, to: if to > from { to } else { to + DAY_MINUTES } })
    }
}

impl FromStr for Shift {
    type Err = BadLine;

    fn from_str(text: &str) -> Result<Self, BadLine> {
        let shift = || BadLine::Shift(quoted(text));
        let (from, to) = text.split_once(['-', '–', '~', '至']).ok_or_else(shift)?;
        let (from, to) = (minute(from)?, minute(to)?);
        if from == DAY_MINUTES {
            return Err(BadLine::Shift(quoted(text)));
        }
        Self::new(from, to).ok_or_else(|| BadLine::NoLength(quoted(text)))
    }
}

/// The beginning of an untrusted word, short enough for an error.
pub(super) fn quoted(word: &str) -> String {
    const QUOTED_CHARS_MAX: usize = 40;
    word.chars().take(QUOTED_CHARS_MAX).collect()
}

fn minute(text: &str) -> Result<u16, BadLine> {
    let bad = || BadLine::Time(quoted(text));
    let (hours, minutes) = text.split_once([':', '：']).ok_or_else(bad)?;
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        let good = lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours, 1..=2).ok_or_else(bad)?, number(minutes, 2..=2).ok_or_else(bad)?);
    let minute = hours * 60 + minutes;
    if minutes < 60 && minute <= DAY_MINUTES { Ok(minute) } else { Err(bad()) }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to > DAY_MINUTES { self.to - DAY_MINUTES } else { self.to };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, to / 60, to % 60)
    }
}

/// The shifts of a line. No shift means the rest of the day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shifts(Vec<Shift>);

impl Shifts {
    /// These shifts. An empty list means the rest of the day.
    pub fn new(shifts: Vec<Shift>) -> Self {
        Self(shifts)
    }

    pub(super) fn as_slice(&self) -> &[Shift] {
        &self.0
    }

    fn read<'t>(words: impl Iterator<Item = &'t str>) -> Result<Self, BadLine> {
        let shifts: Vec<Shift> = words.take(LINE_SHIFTS_MAX + 1).map(str::parse).collect::<Result<_, _>>()?;
        if shifts.len() > LINE_SHIFTS_MAX { Err(BadLine::TooMany) } else { Ok(Self(shifts)) }
    }
}

/// Shifts without days, as in an exception.
impl FromStr for Shifts {
    type Err = BadLine;

    fn from_str(text: &str) -> Result<Self, BadLine> {
        match text.trim() {
            ALL_DAY => return Ok(Self::default()),
            "" => return Err(BadLine::Shift(String::new())),
            _ => {}
        }
        Self::read(text.split([' ', '\t', ',', '，']).filter(|word| !word.is_empty()))
    }
}

impl fmt::Display for Shifts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(ALL_DAY);
        }
        let shifts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&shifts.join(" "))
    }
}

/// A set of days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The weekdays from Monday on, whatever the calendar says of the date.
    pub(super) weekdays: [bool; 7],
    /// Working days of the calendar.
    pub(super) workdays: bool,
    /// Saturdays and Sundays that are neither make-up days nor holidays.
    pub(super) weekends: bool,
    /// Statutory days off.
    pub(super) holidays: bool,
    /// The days off of these holidays.
    pub(super) festivals: Vec<Festival>,
}

impl FromStr for Days {
    type Err = BadLine;

    fn from_str(text: &str) -> Result<Self, BadLine> {
        let mut days = Self::default();
        for word in text.split([',', '，', '、']).filter(|word| !word.is_empty()) {
            days.add(word)?;
        }
        if days == Self::default() { Err(BadLine::Empty) } else { Ok(days) }
    }
}

impl Days {
    fn add(&mut self, written: &str) -> Result<(), BadLine> {
        let bad = |word: &str| BadLine::Day(quoted(word));
        let word = written.to_lowercase();
        let is = |names: [&str; 2]| names.contains(&word.as_str());
        if let Some((from, to)) = word.split_once(['-', '–', '至']) {
            let from = weekday(from).ok_or_else(|| bad(from))?;
            let to = weekday(to).ok_or_else(|| bad(to))?;
            // A span may go over Sunday: sat-mon.
            (0..=(to + 7 - from) % 7).for_each(|step| self.weekdays[(from + step) % 7] = true);
        } else if let Some(day) = weekday(&word) {
            self.weekdays[day] = true;
        } else if is(DAILY) {
            self.weekdays = [true; 7];
        } else if is(WORKDAYS) {
            self.workdays = true;
        } else if is(WEEKENDS) {
            self.weekends = true;
        } else if is(HOLIDAYS) {
            self.holidays = true;
        } else if let Some(festival) = Festival::named(&word) {
            self.festivals.push(festival);
            self.festivals.sort();
            self.festivals.dedup();
        } else {
            return Err(bad(written));
        }
        Ok(())
    }
}

fn weekday(word: &str) -> Option<usize> {
    let short = WEEKDAYS.iter().position(|(short, chinese)| word == *short || word == *chinese);
    let long = || WEEKDAYS_IN_FULL.iter().position(|long| word == *long);
    // 星期一, and 周天 for Sunday.
    let other = || {
        let day = word.strip_prefix("星期").or_else(|| word.strip_prefix('周'))?;
        let day = if day == "天" { "日" } else { day };
        WEEKDAYS.iter().position(|(_, chinese)| chinese.strip_prefix('周') == Some(day))
    };
    short.or_else(long).or_else(other)
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        let mut day = 0;
        while day < 7 {
            let run = self.weekdays[day..].iter().take_while(|set| **set).count();
            match run {
                0 => day += 1,
                1 => words.push(WEEKDAYS[day].0.to_owned()),
                7 => words.push(DAILY[0].to_owned()),
                run => words.push(format!("{}-{}", WEEKDAYS[day].0, WEEKDAYS[day + run - 1].0)),
            }
            day += run;
        }
        let sorts = [(self.workdays, WORKDAYS), (self.weekends, WEEKENDS), (self.holidays, HOLIDAYS)];
        words.extend(sorts.iter().filter(|(set, _)| *set).map(|(_, names)| names[0].to_owned()));
        words.extend(self.festivals.iter().map(|festival| festival.name().to_owned()));
        f.write_str(&words.join(","))
    }
}

/// Days and the shifts on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The days.
    pub days: Days,
    /// The shifts.
    pub shifts: Shifts,
}

impl FromStr for Line {
    type Err = BadLine;

    fn from_str(text: &str) -> Result<Self, BadLine> {
        let mut words = text.split_whitespace().peekable();
        let days: Days = words.next().ok_or(BadLine::Empty)?.parse()?;
        Ok(Self { days, shifts: Shifts::read(words.map(|word| word.trim_end_matches([',', '，'])))? })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.days)?;
        if self.shifts.0.is_empty() { Ok(()) } else { write!(f, " {}", self.shifts) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        text.parse::<Line>().unwrap().to_string()
    }

    #[test]
    fn a_line_is_read_however_people_write_it() {
        for (written, plain) in [
            ("mon-fri 09:00-12:00 13:30-18:00", "mon-fri 09:00-12:00 13:30-18:00"),
            ("Monday-Friday 9:00-12:00, 13:30-18:00", "mon-fri 09:00-12:00 13:30-18:00"),
            ("周一至周五 9：00-18：00", "mon-fri 09:00-18:00"),
            ("星期天,周六 22:00-06:00", "sat-sun 22:00-06:00"),
            ("sat-mon", "mon,sat-sun"),
            ("fri,mon,wed", "mon,wed,fri"),
            ("daily 00:00-24:00", "daily 00:00-24:00"),
            ("国庆、春节 22:00-24:00", "春节,国庆节 22:00-24:00"),
            ("workdays,sat 18:00-00:00", "sat,workdays 18:00-24:00"),
        ] {
            assert_eq!(again(written), plain);
            assert_eq!(again(plain), plain);
        }
    }

    #[test]
    fn a_line_that_is_none_is_refused_with_the_word() {
        for (written, why) in [
            ("", BadLine::Empty),
            (",", BadLine::Empty),
            ("funday 09:00-12:00", BadLine::Day("funday".into())),
            ("mon-fry 09:00-12:00", BadLine::Day("fry".into())),
            ("mon 09:00", BadLine::Shift("09:00".into())),
            ("mon 24:00-06:00", BadLine::Shift("24:00-06:00".into())),
            ("mon 09:60-10:00", BadLine::Time("09:60".into())),
            ("mon 09:00-24:01", BadLine::Time("24:01".into())),
            ("mon 9-17", BadLine::Time("9".into())),
            ("mon +9:00-17:00", BadLine::Time("+9:00".into())),
            ("mon 09:00-09:00", BadLine::NoLength("09:00-09:00".into())),
        ] {
            let found = written.parse::<Line>().unwrap_err();
            assert_eq!(found, why, "{written}");
        }
        assert_eq!("mon 01:00-02:00 ".repeat(30).parse::<Line>().unwrap_err(), BadLine::Shift("mon".into()));
        let many = format!("mon {}", "01:00-02:00 ".repeat(LINE_SHIFTS_MAX + 1));
        assert_eq!(many.parse::<Line>().unwrap_err(), BadLine::TooMany);
    }
}
