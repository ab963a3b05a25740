//! `hotlined day`: what the calendar says of a date, and where it knows it from.

use super::{fail, load_calendar, print_line};
use crate::daemon::settings::SETTINGS_VARIABLE;
use hotlined_core::hours::{Calendar, Day, DayKind};
use jiff::civil::Date;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Which dates.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Dates such as 2026-10-01.
    #[arg(value_name = "DATE", required = true)]
    dates: Vec<Date>,
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// A folder of years in the schema of holiday-cn (2027.json), in place of the one in the settings; they replace
    /// what is compiled in.
    #[arg(long, value_name = "FOLDER")]
    holidays: Option<PathBuf>,
    /// One JSON object a line, in place of text.
    #[arg(long)]
    json: bool,
}

/// Prints a line a date: 0 is well, 1 is a fault in the folder.
pub fn run(args: &Args) -> ExitCode {
    let calendar = match load_calendar(args.settings.as_deref(), args.holidays.as_deref()) {
        Ok(calendar) => calendar,
        Err(error) => return fail(&error),
    };
    // A reader who has seen enough is no fault of the dates.
    let _ = args
        .dates
        .iter()
        .map(|date| line(*date, &calendar, args.json))
        .try_for_each(|line| print_line(&line));
    ExitCode::SUCCESS
}

/// A date, as a machine reads it.
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
