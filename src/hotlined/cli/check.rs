//! `hotlined check`: finds everything that is wrong with the settings and the hotlines before a call does.
//!
//! It opens no port and connects to no switch: whether addresses and passwords work shows only on the live machine.

mod fault_line;
mod gateway_lines;
mod message_samples;

use super::load_config::{has_settings_file, load_settings};
use crate::daemon::holiday_folder;
use crate::daemon::numbers_file;
use crate::daemon::settings::SETTINGS_VARIABLE;
use fault_line::FaultLine;
use gateway_lines::{CheckedGateways, GatewayLine};
use hotlined_config;
use hotlined_config::Inspected;
use message_samples::SampleLine;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The arguments of `hotlined check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// The folder of the hotlines, instead of the one in the settings.
    #[arg(value_name = "DIR")]
    hotlines: Option<PathBuf>,
    /// Print one JSON object per line instead of text.
    #[arg(long)]
    json: bool,
    /// Print a hotline file in full: with every default, and with the flow that its short forms stand for.
    #[arg(long, value_name = "FILE", conflicts_with = "hotlines")]
    expand: Option<PathBuf>,
    /// Print the JSON Schema of a hotline file, for editors.
    #[arg(long, exclusive = true)]
    schema: bool,
}

/// Checks and prints. The exit code is 0 if all is valid, also with warnings, else 1.
pub fn run(args: Args) -> ExitCode {
    let mut out = io::stdout().lock();
    if args.schema {
        // A closed standard output is not an error.
        let _ = write!(out, "{}", hotlined_config::schema());
        return ExitCode::SUCCESS;
    }
    let checked = match &args.expand {
        Some(file) => match expand(&args, file) {
            Ok(text) => {
                let _ = write!(out, "{text}");
                return ExitCode::SUCCESS;
            }
            Err(faults) => CheckResult { faults, ..CheckResult::default() },
        },
        None => check(&args),
    };
    let _ = print(&checked, args.json, &mut out);
    if checked.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The result of a check.
#[derive(Default)]
struct CheckResult {
    hotlines: usize,
    agents: usize,
    faults: Vec<FaultLine>,
    warnings: Vec<FaultLine>,
    messages: Vec<SampleLine>,
    gateways: Vec<GatewayLine>,
}

fn check(args: &Args) -> CheckResult {
    let settings = match load_settings(args.settings.as_deref()) {
        Ok(settings) => settings,
        Err(faults) => return CheckResult { faults: lines(&faults), ..CheckResult::default() },
    };
    let folder = args.hotlines.as_ref().unwrap_or(&settings.hotlines);
    let Inspected { hotlines, errors, warnings } = hotlined_config::inspect(folder, &settings.sounds);
    let mut warnings = lines(&warnings);
    for warning in &mut warnings {
        warning.warning = true;
    }
    let messages = hotlines.iter().flat_map(|hotline| message_samples::of(hotline)).collect();
    let agents = hotlines.iter().map(|hotline| hotline.agents.len()).sum();
    let mut faults = lines(&errors);
    let bad_days = settings.holidays.as_deref().map(holiday_folder::load).and_then(Result::err);
    faults.extend(bad_days.iter().flatten().map(FaultLine::from));
    let bad_numbers = settings.numbers.as_deref().map(numbers_file::load).and_then(Result::err);
    faults.extend(bad_numbers.iter().map(FaultLine::from));
    let mut gateways = match &settings.sms.gateways {
        Some(file) => gateway_lines::check(file, &hotlines),
        None => CheckedGateways::default(),
    };
    // Hotlines that are checked without settings need no gateway yet.
    if settings.sms.gateways.is_none() && has_settings_file(args.settings.as_deref()) {
        gateways.warnings.extend(gateway_lines::warning_without_gateways(&hotlines));
    }
    faults.extend(gateways.fault);
    warnings.extend(gateways.warnings);
    let gateways = gateways.lines;
    CheckResult { hotlines: hotlines.len(), agents, faults, warnings, messages, gateways }
}

fn expand(args: &Args, file: &Path) -> Result<String, Vec<FaultLine>> {
    let settings = load_settings(args.settings.as_deref()).map_err(|faults| lines(&faults))?;
    hotlined_config::expand(file, &settings.sounds).map_err(|faults| lines(&faults))
}

fn lines<F>(faults: &[F]) -> Vec<FaultLine>
where
    for<'f> FaultLine: From<&'f F>,
{
    faults.iter().map(FaultLine::from).collect()
}

fn print(checked: &CheckResult, json: bool, out: &mut impl Write) -> io::Result<()> {
    let CheckResult { hotlines, agents, faults, warnings, messages, gateways } = checked;
    if json {
        for line in faults.iter().chain(warnings) {
            serde_json::to_writer(&mut *out, line)?;
            writeln!(out)?;
        }
        for line in messages {
            serde_json::to_writer(&mut *out, line)?;
            writeln!(out)?;
        }
        for line in gateways {
            serde_json::to_writer(&mut *out, line)?;
            writeln!(out)?;
        }
        return Ok(());
    }
    for line in faults {
        writeln!(out, "{}", line.text)?;
    }
    for line in warnings {
        writeln!(out, "warning: {}", line.text)?;
    }
    for line in messages {
        writeln!(out, "{line}")?;
    }
    for line in gateways {
        writeln!(out, "{line}")?;
    }
    let warned = match warnings.len() {
        0 => String::new(),
        many => format!(", {}", plural(many, "warning")),
    };
    if faults.is_empty() {
        return writeln!(
            out,
            "{}, {}: all valid{warned}",
            plural(*hotlines, "hotline"),
            plural(*agents, "agent")
        );
    }
    let files: BTreeSet<_> = faults.iter().filter_map(|line| line.file.as_ref()).collect();
    writeln!(out, "{} in {}{warned}", plural(faults.len(), "fault"), plural(files.len(), "file"))
}

fn plural(number: usize, what: impl Display) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
