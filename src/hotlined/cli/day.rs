//! `hotlined day`: whether the calendar has a date as a working day, a weekend, a holiday or a make-up day, and why.

use super::load_config::load_calendar;
use super::output::{fail, print_line};
use crate::daemon::settings::SETTINGS_VARIABLE;
use hotlined_core::hours::{Calendar, Day, DayKind};
use jiff::civil::Date;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `hotlined day`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Dates such as 2026-10-01.
    #[arg(value_name = "DATE", required = true)]
    dates: Vec<Date>,
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// A folder of years in the schema of holiday-cn (2027.json), instead of the one in the settings; these years
    /// replace the built-in ones.
    #[arg(long, value_name = "FOLDER")]
    holidays: Option<PathBuf>,
    /// Print one JSON object per line instead of text.
    #[arg(long)]
    json: bool,
}

/// Prints a line for each date. The exit code is 0, or 1 if the folder of holidays has a fault.
pub fn run(args: &Args) -> ExitCode {
    let calendar = match load_calendar(args.settings.as_deref(), args.holidays.as_deref()) {
        Ok(calendar) => calendar,
        Err(error) => return fail(&error),
    };
    // A closed standard output is not an error.
    let _ = args
        .dates
        .iter()
        .map(|date| line(*date, &calendar, args.json))
        .try_for_each(|line| print_line(&line));
    ExitCode::SUCCESS
}

/// The line of JSON for a date.
#[derive(Serialize)]
struct DayLine<'c> {
    date: Date,
    kind: &'static str,
    worked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    holiday: Option<&'c str>,
    year_known: bool,
}

fn line(date: Date, calendar: &Calendar, json: bool) -> String {
    let Day { kind, year_known } = calendar.day(date);
    let (word, holiday) = match &kind {
        DayKind::Workday => ("workday", None),
        DayKind::Weekend => ("weekend", None),
        DayKind::Holiday(name) => ("holiday", Some(&**name)),
        DayKind::MakeUp(name) => ("make-up", Some(&**name)),
    };
    if json {
        let line = DayLine { date, kind: word, worked: kind.is_worked(), holiday, year_known };
        return serde_json::to_string(&line).unwrap_or_default();
    }
    let weekday = date.strftime("%A").to_string();
    let why = match &kind {
        DayKind::Workday | DayKind::Weekend if !year_known => {
            format!("the notice of {} is not known, so only the weekday counts", date.year())
        }
        DayKind::Workday | DayKind::Weekend => format!("the notice of {} does not name it", date.year()),
        DayKind::Holiday(name) => format!("a day off for {name}"),
        DayKind::MakeUp(name) => format!("worked in place of a day off for {name}"),
    };
    format!("{date}  {weekday:<9}  {word:<7}  {why}")
}
