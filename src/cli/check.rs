//! `hotlined check`: everything that is wrong with the settings and the hotlines, before a call finds out.
//!
//! Opens no port and asks no switch: whether those are right shows only where they are.

use super::load_settings;
use crate::daemon::settings::{self, Origin, SETTINGS_VARIABLE};
use crate::hotline::{self, Hotlines, load};
use crate::place::Position;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
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
}

/// Checks and prints: 0 when all is valid, 1 when not.
pub fn run(args: Args) -> ExitCode {
    let checked = check(&args);
    // A reader who has seen enough is no fault of the files.
    let _ = print(&checked, args.json, &mut io::stdout().lock());
    if checked.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
    #[serde(skip)]
    text: String,
}

fn check(args: &Args) -> Result<Hotlines, Vec<Line>> {
    let settings = load_settings(args.settings.as_deref()).map_err(|faults| lines(&faults))?;
    let folder = args.hotlines.as_ref().unwrap_or(&settings.hotlines);
    load(folder, &settings.sounds).map_err(|faults| lines(&faults))
}

fn lines<F>(faults: &[F]) -> Vec<Line>
where
    for<'f> Line: From<&'f F>,
{
    faults.iter().map(Line::from).collect()
}

impl From<&hotline::Fault> for Line {
    fn from(fault: &hotline::Fault) -> Self {
        Self {
            file: Some(fault.file.display().to_string()),
            variable: None,
            at: fault.at,
            key: fault.key.clone(),
            message: fault.why.to_string(),
            text: fault.to_string(),
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
            text: fault.to_string(),
        }
    }
}

fn print(checked: &Result<Hotlines, Vec<Line>>, json: bool, out: &mut impl Write) -> io::Result<()> {
    match checked {
        Ok(_) if json => Ok(()),
        Ok(hotlines) => {
            let agents = hotlines.iter().map(|hotline| hotline.agents.len()).sum();
            writeln!(out, "{}, {}: all valid", count(hotlines.len(), "hotline"), count(agents, "agent"))
        }
        Err(lines) if json => {
            for line in lines {
                serde_json::to_writer(&mut *out, line)?;
                writeln!(out)?;
            }
            Ok(())
        }
        Err(lines) => {
            for line in lines {
                writeln!(out, "{}", line.text)?;
            }
            let files: BTreeSet<_> = lines.iter().filter_map(|line| line.file.as_ref()).collect();
            writeln!(out, "{} in {}", count(lines.len(), "fault"), count(files.len(), "file"))
        }
    }
}

fn count(number: usize, what: impl Display) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
