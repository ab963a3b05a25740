//! Tables as a business has them, read on days that everybody remembers.

use super::*;
use crate::time::Instant;
use jiff::civil::DateTime;

fn table(
    zone: &str,
    lines: &[(&str, &str)],
    exceptions: &[(&str, &[(&str, &str)])],
) -> Result<Hours, BadHours> {
    let rule = |(state, line): &(&str, &str)| Rule { state: (*state).into(), line: line.parse().unwrap() };
    let state = |(state, shifts): &(&str, &str)| ((*state).into(), shifts.parse().unwrap());
    let exception = |(dates, states): &(&str, &[(&str, &str)])| Exception {
        dates: dates.parse().unwrap(),
        states: states.iter().map(state).collect(),
    };
    let rules = lines.iter().map(rule).collect();
    Hours::new(Zone::named(zone).unwrap(), rules, exceptions.iter().map(exception).collect())
}

fn shanghai(wall: &str) -> Instant {
    instant(wall, ZONE_DEFAULT)
}

fn instant(wall: &str, zone: &str) -> Instant {
    let wall: DateTime = wall.parse().unwrap();
    let zoned = wall.in_tz(zone).unwrap();
    Instant(u64::try_from(zoned.timestamp().as_millisecond()).unwrap())
}

fn states(hours: &Hours, walls: &[&str]) -> Vec<String> {
    let calendar = Calendar::known();
    walls.iter().map(|wall| hours.state(shanghai(wall), &calendar).state.to_string()).collect()
}

fn office() -> Hours {
    let lines = [
        ("open", "workdays 09:00-12:00 13:30-18:00"),
        ("lunch", "workdays 12:00-13:30"),
        ("open", "sat 10:00-16:00"),
        ("holiday", "holidays"),
        ("open", "国庆节 10:00-12:00"),
    ];
    let new_year_eve: (&str, &[(&str, &str)]) = ("12-31", &[("open", "09:00-12:00"), ("party", "all day")]);
    table(ZONE_DEFAULT, &lines, &[new_year_eve]).unwrap()
}

#[test]
fn a_week_a_holiday_a_make_up_day_and_an_exception_are_each_their_own() {
    let hours = office();
    // Wednesday, Saturday, Sunday.
    let walls = ["2026-11-25T08:59:59", "2026-11-25T09:00", "2026-11-25T12:00", "2026-11-25T18:00"];
    assert_eq!(states(&hours, &walls), ["closed", "open", "lunch", "closed"]);
    assert_eq!(
        states(&hours, &["2026-11-28T10:00", "2026-11-28T16:00", "2026-11-29T10:00"]),
        ["open", "closed", "closed"]
    );
    // A Saturday of 五一, and the Saturday worked for it.
    assert_eq!(states(&hours, &["2026-05-02T11:00", "2026-05-09T17:00"]), ["holiday", "open"]);
    // 国庆节 has lines of its own, so what they leave is closed, not holiday.
    assert_eq!(states(&hours, &["2026-10-01T11:00", "2026-10-01T12:00"]), ["open", "closed"]);
    assert_eq!(
        states(&hours, &["2026-12-31T11:59", "2026-12-31T12:00", "2027-12-31T12:00"]),
        ["open", "party", "party"]
    );
}

#[test]
fn the_reason_names_the_day_and_the_line() {
    let (hours, calendar) = (office(), Calendar::known());
    for (wall, because) in [
        ("2026-11-25T09:00", "2026-11-25 is Wednesday: workdays 09:00-12:00 13:30-18:00"),
        ("2026-11-25T19:00", "2026-11-25 is Wednesday, and no line names this time"),
        ("2026-05-09T09:00", "2026-05-09 is a Saturday worked for 劳动节: workdays 09:00-12:00 13:30-18:00"),
        ("2026-10-01T11:00", "2026-10-01 is 国庆节: 国庆节 10:00-12:00"),
        ("2026-02-17T11:00", "2026-02-17 is 春节: holidays"),
        ("2026-12-31T23:00", "2026-12-31 is Thursday: the exception 12-31"),
    ] {
        assert_eq!(hours.state(shanghai(wall), &calendar).because.to_string(), because);
    }
}

#[test]
fn a_table_that_asks_the_calendar_nothing_knows_weekdays_only() {
    let hours =
        table(ZONE_DEFAULT, &[("open", "mon-fri 09:00-18:00"), ("open", "workdays 08:00-09:00")], &[])
            .unwrap();
    // A Thursday of 国庆节 is a Thursday; a make-up Saturday has the lines of workdays alone.
    assert_eq!(states(&hours, &["2026-10-01T10:00", "2026-10-01T08:30"]), ["open", "closed"]);
    assert_eq!(states(&hours, &["2026-10-10T08:30", "2026-10-10T10:00"]), ["open", "closed"]);
}

#[test]
fn a_shift_over_midnight_belongs_to_its_first_day_and_runs_to_its_end() {
    let lines = [("night", "fri 22:00-06:00"), ("open", "mon-fri 09:00-18:00"), ("holiday", "holidays")];
    let hours = table(ZONE_DEFAULT, &lines, &[("2026-11-28", &[("closed", "all day")])]).unwrap();
    let walls =
        ["2026-11-27T21:59", "2026-11-27T22:00", "2026-11-28T05:59", "2026-11-28T06:00", "2026-11-28T22:00"];
    assert_eq!(states(&hours, &walls), ["closed", "night", "night", "closed", "closed"]);
    let answer = hours.state(shanghai("2026-11-28T05:59"), &Calendar::known());
    assert_eq!(answer.because.to_string(), "2026-11-27 is Friday: fri 22:00-06:00");
    // A Friday that is a holiday begins no night; one before a holiday does.
    assert_eq!(states(&hours, &["2026-10-03T01:00", "2026-09-25T01:00"]), ["holiday", "holiday"]);
}

#[test]
fn the_first_exception_of_a_date_decides() {
    let exceptions: [(&str, &[(&str, &str)]); 3] = [
        ("2026-12-30..2027-01-02", &[("stocktaking", "all day")]),
        ("12-31", &[("party", "all day")]),
        ("12-28..01-05", &[("lean", "09:00-10:00")]),
    ];
    let hours = table(ZONE_DEFAULT, &[("open", "daily")], &exceptions).unwrap();
    let walls = [
        "2026-12-27T09:00",
        "2026-12-28T09:00",
        "2026-12-31T09:00",
        "2027-01-03T10:00",
        "2027-12-31T09:00",
        "2028-01-05T09:00",
        "2028-01-06T09:00",
    ];
    assert_eq!(states(&hours, &walls), ["open", "lean", "stocktaking", "closed", "party", "lean", "open"]);
}

#[test]
fn two_states_for_one_time_are_refused_with_both_places() {
    let overlap = |lines: &[(&str, &str)]| match table(ZONE_DEFAULT, lines, &[]) {
        Err(BadHours::Overlap(overlap)) => (overlap.first, overlap.second, overlap.to_string()),
        other => panic!("{other:?}"),
    };
    let (first, second) = (Place::Rule(0), Place::Rule(1));
    for (one, other, when) in [
        ("mon-fri 09:00-18:00", "wed 12:00-13:00", "Wednesday at 12:00"),
        ("workdays 09:00-18:00", "wed 17:59-18:30", "Wednesday at 17:59"),
        ("sun 22:00-06:00", "mon 05:00-12:00", "Monday at 05:00"),
        ("daily", "sat", "the rest of Saturday"),
        ("holidays 00:00-24:00", "holidays,春节 09:00-10:00", "a holiday at 09:00"),
        ("holidays 22:00-06:00", "holidays 05:00-12:00", "a holiday at 05:00"),
    ] {
        assert_eq!(overlap(&[("a", one), ("b", other)]), (first, second, when.to_owned()));
        assert!(table(ZONE_DEFAULT, &[("a", one), ("a", other)], &[]).is_ok());
    }
    // Not at once: one after the other, one where the other is not, one for what is left.
    for (one, other) in [
        ("mon 09:00-12:00", "mon 12:00-18:00"),
        ("holidays", "mon"),
        ("mon", "mon 12:00-13:00"),
        ("workdays", "sat,sun"),
    ] {
        assert!(table(ZONE_DEFAULT, &[("a", one), ("b", other)], &[]).is_ok(), "{one} {other}");
    }
    let twice = table(ZONE_DEFAULT, &[], &[("12-31", &[("a", "09:00-12:00"), ("b", "11:00-12:00")])]);
    let Err(BadHours::Overlap(overlap)) = twice else { panic!("{twice:?}") };
    assert_eq!((overlap.first, overlap.second), (Place::Exception(0), Place::Exception(0)));
}

#[test]
fn what_can_never_be_is_known() {
    let never = table(ZONE_DEFAULT, &[("lunch", "mon 12:00-13:00")], &[]).unwrap();
    assert!(!never.ever("open") && never.ever("lunch") && never.ever("closed"));
    let always = table(ZONE_DEFAULT, &[("open", "daily")], &[]).unwrap();
    assert!(always.ever("open") && !always.ever("closed"));
    assert_eq!(always.next_change(shanghai("2026-11-25T09:00"), &Calendar::known()), None);
    // No line for a holiday: it is closed then.
    assert!(table(ZONE_DEFAULT, &[("open", "workdays,weekends")], &[]).unwrap().ever("closed"));
    assert!(
        table(ZONE_DEFAULT, &[("x", "mon")], &[("2030-01-01", &[("open", "all day")])]).unwrap().ever("open")
    );
}

#[test]
fn the_next_change_is_found_over_holidays_and_clock_changes() {
    let (hours, calendar) = (office(), Calendar::known());
    // From the last evening before 春节 to its first minute, and on to the day after it.
    let holiday = hours.next_change(shanghai("2026-02-14T18:00"), &calendar);
    assert_eq!(holiday, Some(shanghai("2026-02-15T00:00")));
    assert_eq!(
        hours.next_change(shanghai("2026-02-15T00:00"), &calendar),
        Some(shanghai("2026-02-24T00:00"))
    );
    // 02:00 to 03:00 is left out on 2026-03-29 in Berlin, and happens twice on 2026-10-25.
    let berlin = table("Europe/Berlin", &[("night", "sun 02:30-04:00")], &[]).unwrap();
    let at = |wall| instant(wall, "Europe/Berlin");
    let change = |from| berlin.next_change(at(from), &calendar);
    assert_eq!(change("2026-03-29T01:00"), Some(at("2026-03-29T03:00")));
    assert_eq!(change("2026-10-25T01:00"), Some(at("2026-10-25T02:30")));
    // Back to 02:00 at 03:00: closed once more, for half an hour.
    let first_end = Instant(at("2026-10-25T02:30").0 + 30 * 60_000);
    assert_eq!(change("2026-10-25T02:30"), Some(first_end));
    assert_eq!(berlin.next_change(first_end, &calendar), Some(Instant(first_end.0 + 30 * 60_000)));
}

#[test]
fn a_table_is_the_same_after_being_written_and_read() {
    let hours = office();
    let json = serde_json::to_string(&hours).unwrap();
    let again: Hours = serde_json::from_str(&json).unwrap();
    assert_eq!(again, hours);
    assert_eq!(serde_json::to_string(&again).unwrap(), json);
    for bad in ["Asia/Beijing", "workdays 09:00-12:00 12:30-18:00"] {
        let broken = json.replace("Asia/Shanghai", bad).replace("workdays 12:00-13:30", bad);
        assert!(serde_json::from_str::<Hours>(&broken).is_err(), "{broken}");
    }
}

#[test]
fn an_open_hour_with_nobody_on_duty_is_found() {
    let agents = |line| table(ZONE_DEFAULT, &[("open", line)], &[]).unwrap().week(OPEN);
    let open = agents("workdays 09:00-18:00");
    assert_eq!(open.minutes(), 5 * 9 * 60);
    let (early, late) = (agents("mon-fri,holidays 08:00-13:00"), agents("tue-fri 13:00-19:00"));
    assert_eq!(open.lacking([&early, &late]).unwrap().to_string(), "Monday 13:00");
    // Weekdays alone forget that a Saturday may be worked.
    let (late, daily) = (agents("mon-fri 13:00-19:00"), agents("daily 00:00-24:00"));
    assert_eq!(open.lacking([&early, &late]).unwrap().to_string(), "a make-up day 09:00");
    assert_eq!(open.lacking([&early, &daily]), None);
    assert!(
        !open.overlaps(&agents("workdays 18:00-09:00")) && open.overlaps(&late) && agents("春节").is_empty()
    );
    let berlin = table("Europe/Berlin", &[("open", "mon 23:00-24:00")], &[]).unwrap().week(OPEN);
    assert!(open.overlaps(&berlin) && open.lacking([&berlin]).is_none());
}

#[test]
fn every_line_of_the_known_years_is_read_and_says_what_was_worked() {
    let calendar = Calendar::known();
    assert_eq!(calendar.years().collect::<Vec<_>>(), (2007..=2026).collect::<Vec<_>>());
    let count = |year: i16, wanted: fn(&DayKind) -> bool| {
        let first = jiff::civil::date(year, 1, 1);
        let days = first.series(jiff::Span::new().days(1)).take_while(|day| day.year() == year);
        days.filter(|day| wanted(&calendar.day(*day).kind)).count()
    };
    assert_eq!(count(2026, |kind| matches!(kind, DayKind::Holiday(_))), 33);
    assert_eq!(count(2026, |kind| matches!(kind, DayKind::MakeUp(_))), 6);
    // The law gives 13 days off since 2025, beside 52 weekends; all other days off are worked another day.
    assert_eq!(count(2026, DayKind::is_worked), 365 - 104 - 13);
    assert_eq!(calendar.day(jiff::civil::date(2026, 9, 20)).kind, DayKind::MakeUp("国庆节".into()));
    assert_eq!(
        calendar.day(jiff::civil::date(2027, 10, 1)),
        Day { kind: DayKind::Workday, year_known: false }
    );
    let json = serde_json::to_string(&calendar).unwrap();
    assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), calendar);
}

#[test]
fn a_file_of_the_operator_replaces_its_year_and_reaches_back_over_new_year() {
    let mut calendar = Calendar::known();
    let december = shanghai("2026-12-01T00:00");
    for (now, missing) in [
        (Instant(december.0 - 1), &[][..]),
        (december, &[2027]),
        (shanghai("2026-12-31T23:59"), &[2027]),
        (shanghai("2027-01-01T00:00"), &[2027]),
        (shanghai("2027-11-30T12:00"), &[2027]),
        (shanghai("2027-12-01T00:00"), &[2027, 2028]),
        (shanghai("2028-03-01T00:00"), &[2028]),
        (shanghai("2006-06-01T00:00"), &[2006]),
        (shanghai("2006-12-01T00:00"), &[2006]),
    ] {
        assert_eq!(calendar.missing_years(now), missing, "{now}");
    }
    let json = r#"{"$id": "x", "year": 2027, "papers": [], "days": [
        {"name": "元旦", "date": "2026-12-31", "isOffDay": true},
        {"name": "元旦", "date": "2027-01-09", "isOffDay": false},
        {"name": "中秋节、国庆节", "date": "2027-10-01", "isOffDay": true}]}"#;
    calendar.overlay(json, "2027.json").unwrap();
    assert!(calendar.missing_years(december).is_empty());
    assert_eq!(calendar.missing_years(shanghai("2027-12-01T00:00")), [2028]);
    let day = |year, month, day| calendar.day(jiff::civil::date(year, month, day)).kind;
    assert_eq!(day(2026, 12, 31), DayKind::Holiday("元旦".into()));
    assert_eq!(day(2027, 1, 9), DayKind::MakeUp("元旦".into()));
    let hours = table(ZONE_DEFAULT, &[("a", "国庆节"), ("b", "中秋节")], &[]).unwrap();
    assert_eq!(&*hours.state(shanghai("2027-10-01T00:00"), &calendar).state, "b");
    for (wrong, why) in [
        (json.replace("true", "1"), "y.json:2: invalid type: integer `1`, expected a boolean"),
        (json.replace("2027-01-09", "2027-02-29"), "y.json:3: "),
        (
            json.replace("2026-12-31", "2026-11-30"),
            "y.json:2: 2026-11-30 is neither in 2027 nor in the December before",
        ),
        (json.replace("2027-01-09", "2026-12-31"), "y.json:3: 2026-12-31 is named twice"),
        (json.replace("中秋节、国庆节", " "), "y.json:4: the name of 2027-10-01 must have 1 to 64"),
        (json.replace("\"days\"", "\"day\""), "y.json:4: missing field `days`"),
        (json.replace("\"year\": 2027", "\"year\": 20270"), "y.json:1: 20270 is no year from 1970 to 2200"),
        ("[".to_owned(), "y.json:1: is not JSON: "),
    ] {
        let before = calendar.clone();
        let told = calendar.overlay(&wrong, "y.json").unwrap_err().to_string();
        assert!(told.starts_with(why), "{told}");
        assert_eq!(calendar, before);
    }
}
