//! `hotlined check`: everything that is wrong with the settings and the hotlines, before a call finds out.
//!
//! Opens no port and asks no switch: whether those are right shows only where they are.

use super::load_settings;
use crate::daemon::file::BadFile;
use crate::daemon::holidays::{self, BadHolidays};
use crate::daemon::numbers::{self, BadNumbers};
use crate::daemon::settings::{self, Origin, SETTINGS_VARIABLE};
use hotlined_config;
use hotlined_config::Inspected;
use hotlined_config::source_position::Position;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to check.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// The folder of the hotlines, in place of the one in the settings.
    #[arg(value_name = "DIR")]
    hotlines: Option<PathBuf>,
    /// One JSON object a line, in place of text.
    #[arg(long)]
    json: bool,
    /// Print what a hotline file comes to: every default, and the flow that its short forms make.
    #[arg(long, value_name = "FILE", conflicts_with = "hotlines")]
    expand: Option<PathBuf>,
    /// Print the JSON Schema of a hotline file, for editors.
    #[arg(long, exclusive = true)]
    schema: bool,
}

/// Checks and prints: 0 when all is valid, also with warnings; 1 when not.
pub fn run(args: Args) -> ExitCode {
    let mut out = io::stdout().lock();
    if args.schema {
        // A reader who has seen enough is no fault of the files.
        let _ = write!(out, "{}", hotlined_config::schema());
        return ExitCode::SUCCESS;
    }
    let checked = match &args.expand {
        Some(file) => match expand(&args, file) {
            Ok(text) => {
                let _ = write!(out, "{text}");
                return ExitCode::SUCCESS;
            }
            Err(faults) => Checked { faults, ..Checked::default() },
        },
        None => check(&args),
    };
    let _ = print(&checked, args.json, &mut out);
    if checked.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What there is to say.
#[derive(Default)]
struct Checked {
    hotlines: usize,
    agents: usize,
    faults: Vec<Line>,
    warnings: Vec<Line>,
}

/// A fault of either kind, as a machine reads it.
#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<String>,
    #[serde(flatten)]
    at: Option<Position>,
    key: String,
    message: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    warning: bool,
    #[serde(skip)]
    text: String,
}

fn check(args: &Args) -> Checked {
    let settings = match load_settings(args.settings.as_deref()) {
        Ok(settings) => settings,
        Err(faults) => return Checked { faults: lines(&faults), ..Checked::default() },
    };
    let folder = args.hotlines.as_ref().unwrap_or(&settings.hotlines);
    let Inspected { hotlines, errors, warnings } = hotlined_config::inspect(folder, &settings.sounds);
    let mut warnings = lines(&warnings);
    for warning in &mut warnings {
        warning.warning = true;
    }
    let agents = hotlines.iter().map(|hotline| hotline.agents.len()).sum();
    let mut faults = lines(&errors);
    let bad_days = settings.holidays.as_deref().map(holidays::load).and_then(Result::err);
    faults.extend(bad_days.iter().flatten().map(Line::from));
    let bad_numbers = settings.numbers.as_deref().map(numbers::load).and_then(Result::err);
    faults.extend(bad_numbers.iter().map(Line::from));
    Checked { hotlines: hotlines.len(), agents, faults, warnings }
}

fn expand(args: &Args, file: &Path) -> Result<String, Vec<Line>> {
    let settings = load_settings(args.settings.as_deref()).map_err(|faults| lines(&faults))?;
    hotlined_config::expand(file, &settings.sounds).map_err(|faults| lines(&faults))
}

fn lines<F>(faults: &[F]) -> Vec<Line>
where
    for<'f> Line: From<&'f F>,
{
    faults.iter().map(Line::from).collect()
}

impl From<&hotlined_config::Diagnostic> for Line {
    fn from(diagnostic: &hotlined_config::Diagnostic) -> Self {
        Self {
            file: Some(diagnostic.file.display().to_string()),
            variable: None,
            at: diagnostic.at,
            key: diagnostic.key.clone(),
            message: diagnostic.problem.to_string(),
            warning: false,
            text: diagnostic.to_string(),
        }
    }
}

impl Line {
    /// A fault in a file that has no keys, or none that counts.
    fn in_file(file: &Path, line: Option<(usize, usize)>, message: &str, text: String) -> Self {
        Self {
            file: Some(file.display().to_string()),
            variable: None,
            at: line.map(|(line, column)| Position { line, column }),
            key: String::new(),
            message: message.to_owned(),
            warning: false,
            text,
        }
    }
}

impl From<&BadFile> for Line {
    fn from(fault: &BadFile) -> Self {
        let text = fault.to_string();
        match fault {
            BadFile::Unreadable(file, why) => Self::in_file(file, None, why, text),
            BadFile::TooBig(file, _) => Self::in_file(file, None, "is too large", text),
        }
    }
}

impl From<&BadHolidays> for Line {
    fn from(fault: &BadHolidays) -> Self {
        let text = fault.to_string();
        match fault {
            BadHolidays::File(fault) => Self::from(fault),
            BadHolidays::TooManyFiles(folder) => Self::in_file(folder, None, "has too many files", text),
            BadHolidays::Year(year) => {
                Self::in_file(Path::new(&year.file), Some((year.line, 1)), &year.why, text)
            }
        }
    }
}

impl From<&BadNumbers> for Line {
    fn from(fault: &BadNumbers) -> Self {
        let text = fault.to_string();
        match fault {
            BadNumbers::File(fault) => Self::from(fault),
            BadNumbers::Table { file, line, column, why } => {
                Self::in_file(file, Some((*line, *column)), why, text)
            }
        }
    }
}

impl From<&settings::Fault> for Line {
    fn from(fault: &settings::Fault) -> Self {
        let (file, variable, at) = match &fault.origin {
            Origin::File { file, at } => (Some(file.display().to_string()), None, *at),
            Origin::Variable(name) => (None, Some(name.clone()), None),
            Origin::Default => (None, None, None),
        };
        Self {
            file,
            variable,
            at,
            key: fault.key.clone(),
            message: fault.why.to_string(),
            warning: false,
            text: fault.to_string(),
        }
    }
}

fn print(checked: &Checked, json: bool, out: &mut impl Write) -> io::Result<()> {
    let Checked { hotlines, agents, faults, warnings } = checked;
    if json {
        for line in faults.iter().chain(warnings) {
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
    let warned = match warnings.len() {
        0 => String::new(),
        many => format!(", {}", count(many, "warning")),
    };
    if faults.is_empty() {
        return writeln!(
            out,
            "{}, {}: all valid{warned}",
            count(*hotlines, "hotline"),
            count(*agents, "agent")
        );
    }
    let files: BTreeSet<_> = faults.iter().filter_map(|line| line.file.as_ref()).collect();
    writeln!(out, "{} in {}{warned}", count(faults.len(), "fault"), count(files.len(), "file"))
}

fn count(number: usize, what: impl Display) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
