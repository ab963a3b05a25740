//! `hotlined numbers`: imports newer data of where mobile numbers are from, and reports how much is known.

use super::load_config::{load_numbers, load_settings};
use super::output::{fail, print_line};
use crate::daemon::settings::SETTINGS_VARIABLE;
use crate::daemon::{numbers_file, whole_file};
use anyhow::{Context, bail};
use hotlined_core::number::import;
use hotlined_core::number::import::{Compared, Form, Found, Import, TABLE_BYTES_MAX, Unknown};
use hotlined_core::number::{Coverage, Network, Segment};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The most unknown names that are printed one by one.
const UNKNOWN_SHOWN_MAX: usize = 100;

/// The subcommands of `hotlined numbers`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Read a phone.dat or CSV, compare it with the built-in table, and write the file that `numbers` names in the
    /// settings. A running daemon loads the new file by itself.
    Import(ImportArgs),
    /// Report the share of mobile numbers whose place is known, and the segments whose place is unknown.
    Report(ReportArgs),
}

/// The arguments of `hotlined numbers import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// A phone.dat, or CSV in UTF-8: prefix (seven digits), province, city, carrier.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The file to write, instead of the one in the settings.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    to: Option<PathBuf>,
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// Only read and compare; write nothing.
    #[arg(long)]
    check: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// The arguments of `hotlined numbers report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// A table that `numbers import` wrote, instead of the one in the settings.
    #[arg(long, value_name = "FILE")]
    numbers: Option<PathBuf>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Imports or reports. The exit code is 0, or 1 after a printed fault; then nothing was changed.
pub fn run(args: &Args) -> ExitCode {
    let ended = match args {
        Args::Import(args) => import_table(args),
        Args::Report(args) => report(args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn import_table(args: &ImportArgs) -> anyhow::Result<()> {
    // First, because a missing destination should be reported before the long read.
    let to = if args.check { None } else { Some(destination(args)?) };
    let bytes = whole_file::read(&args.file, TABLE_BYTES_MAX)?;
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let Import { table, found } = import::read(&bytes, &name).map_err(|faults| {
        let place = args.file.display();
        let faults: Vec<String> = faults.iter().map(|fault| format!("{place}: {fault}")).collect();
        anyhow::anyhow!("{}\nhotlined: nothing was changed", faults.join("\nhotlined: "))
    })?;
    if let Some(to) = &to {
        numbers_file::save(&table, to)?;
    }
    if args.json {
        print_line(&serde_json::to_string(&ImportReport {
            found: &found,
            fingerprint: table.fingerprint(),
            written: to,
        })?)?;
        return Ok(());
    }
    report_lines(&args.file, &found).iter().try_for_each(print_line)?;
    print_line(&match to {
        Some(to) => format!("written into {}, fingerprint {}", to.display(), table.fingerprint()),
        None => "nothing was written".to_owned(),
    })?;
    Ok(())
}

#[derive(Serialize)]
struct ImportReport<'f> {
    #[serde(flatten)]
    found: &'f Found,
    fingerprint: String,
    written: Option<PathBuf>,
}

/// The file to write. It must not be the file to read.
fn destination(args: &ImportArgs) -> anyhow::Result<PathBuf> {
    let to = match &args.to {
        Some(to) => to.clone(),
        None => load_settings(args.settings.as_deref())
            .map_err(super::output::join_faults)?
            .numbers
            .context("where shall it be written? Name the file by --to, or by `numbers` in the settings")?,
    };
    let same = |other: &Path| std::fs::canonicalize(other).ok();
    if same(&to).is_some() && same(&to) == same(&args.file) {
        bail!("{}: is read and would be written: name another file", to.display());
    }
    Ok(to)
}

fn report_lines(file: &Path, found: &Found) -> Vec<String> {
    let form = match &found.form {
        Form::PhoneDat { version } => format!("phone.dat, version {version}"),
        Form::Csv => "CSV".to_owned(),
    };
    let Found { rows, prefixes, city, province, operator, nothing, .. } = found;
    let Compared { provinces, same_province, cities, same_city, operators, same_operator, new } =
        found.compared;
    let differing = |what: &str, all: usize, same: usize| {
        format!("  {what}: {} of {all} differ, {} agree", all - same, percent(same, all))
    };
    let mut lines = vec![
        format!("{}: {form}, {rows} rows", file.display()),
        format!(
            "{prefixes} prefixes: {city} with a city, {province} with a province only, {operator} with an operator \
                 only, {nothing} with nothing"
        ),
        "beside the built-in table, where both say something:".to_owned(),
        differing("province", provinces, same_province),
        differing("city", cities, same_city),
        differing("operator", operators, same_operator),
        format!("  placed only now: {new}"),
    ];
    lines.extend(unknown_lines("names of places that GB/T 2260 does not have", &found.unknown_places));
    lines.extend(unknown_lines("names of operators nobody knows", &found.unknown_operators));
    lines
}

fn unknown_lines(what: &str, names: &[Unknown]) -> Vec<String> {
    if names.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("{what}: {}", names.len())];
    lines.extend(names.iter().take(UNKNOWN_SHOWN_MAX).map(|Unknown { name, rows, first }| {
        let first = first.map(|at| format!(", first at {at}")).unwrap_or_default();
        format!("  {rows:>6}  {name}{first}")
    }));
    let more = names.len().saturating_sub(UNKNOWN_SHOWN_MAX);
    lines.extend((more > 0).then(|| format!("  and {more} more: --json names them all")));
    lines
}

fn percent(part: usize, all: usize) -> String {
    if all == 0 {
        return "none".to_owned();
    }
    format!("{:.2} %", 100.0 * part as f64 / all as f64)
}

fn report(args: &ReportArgs) -> anyhow::Result<()> {
    let atlas = load_numbers(args.settings.as_deref(), args.numbers.as_deref())?;
    let coverage = Coverage::of(&atlas);
    if args.json {
        print_line(&serde_json::to_string(&coverage)?)?;
        return Ok(());
    }
    let table = atlas.imported().map_or("the built-in table".to_owned(), |imported| {
        format!("the built-in table under {} ({})", imported.origin(), imported.fingerprint())
    });
    let Coverage { prefixes, city, province, operator, .. } = coverage;
    print_line(&format!("{table}: of {prefixes} prefixes of seven digits that were given to an operator"))?;
    for (count, what) in
        [(city, "have a city"), (province, "only a province"), (operator, "only an operator")]
    {
        print_line(&format!("  {count:>6}  {:>7}  {what}", percent(count, prefixes)))?;
    }
    print_line(&"segments, with the share that has a place:".to_owned())?;
    coverage.segments.iter().map(segment_line).try_for_each(|line| print_line(&line))?;
    let unplaced: Vec<String> = coverage.unplaced().map(|segment| segment.beginning.to_string()).collect();
    print_line(&format!("operator known, place unknown: {}", unplaced.join(", ")))?;
    Ok(())
}

fn segment_line(segment: &Segment) -> String {
    let Segment { beginning, prefixes, city, province, given, .. } = segment;
    let given: Vec<String> = given
        .iter()
        .map(|(operator, network)| match network {
            Network::Ordinary => operator.name().to_owned(),
            Network::Resold => format!("{} (resold)", operator.name()),
            Network::Satellite => format!("{} (satellite)", operator.name()),
        })
        .collect();
    format!(
        "  {beginning}  {prefixes:>5} prefixes  {:>8}  {}",
        percent(city + province, *prefixes),
        given.join(", ")
    )
}
