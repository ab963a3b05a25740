//! The command line: a file for each subcommand.

mod call_timeline;
pub mod capture;
pub mod check;
pub mod day;
pub mod demo;
pub mod explain;
pub mod grade;
pub mod locate;
pub mod numbers;
pub mod replay;
pub mod serve;
pub mod simulate;

use crate::daemon::settings::{self, LogFormat, LogSettings, Settings};
use crate::daemon::{holiday_folder, numbers_file};
use clap::{CommandFactory, Parser};
use hotlined_core::hours::Calendar;
use hotlined_core::number::NumberRegions;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// The settings file that is read when none is named and there is one.
pub const SETTINGS_FILE: &str = "hotlined.toml";

/// Decides what happens to the calls of Chinese 400 hotlines, beside a running telephone exchange.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub enum Cli {
    /// See a whole exchange at work: simulated callers and agents, the real daemon, a real socket.
    Demo(demo::Args),
    /// Serve the hotlines of a switch until told to stop (SIGTERM; again to stop at once).
    Serve(serve::Args),
    /// Say everything that is wrong with the settings and the hotlines.
    Check(check::Args),
    /// Say what the calendar knows of a date: worked, a weekend, a holiday, a make-up day.
    Day(day::Args),
    /// Record what a switch says, to replay it later; nothing is done to any call.
    Capture(capture::Args),
    /// Run a record through the decoder and the core again, and print what we would do.
    Replay(replay::Args),
    /// Play one call through the hotlines without a telephone: what is heard when, and why.
    Simulate(simulate::Args),
    /// Say what happened in a past call, and why, from the journal.
    Explain(explain::Args),
    /// Say where numbers are from, and by what that shows.
    Locate(locate::Args),
    /// Bring newer data of where mobile numbers are from, or say how much is known.
    #[command(subcommand)]
    Numbers(numbers::Args),
    /// Say how good 400 numbers are (靓号), and by which patterns.
    Grade(grade::Args),
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Runs what the command line says: 0 is well, 1 is a fault that was printed, 2 is a wrong command line.
pub fn run() -> ExitCode {
    match Cli::parse() {
        Cli::Demo(args) => demo::run(&args),
        Cli::Serve(args) => serve::run(&args),
        Cli::Check(args) => check::run(args),
        Cli::Day(args) => day::run(&args),
        Cli::Capture(args) => capture::run(&args),
        Cli::Replay(args) => replay::run(&args),
        Cli::Simulate(args) => simulate::run(&args),
        Cli::Explain(args) => explain::run(&args),
        Cli::Locate(args) => locate::run(&args),
        Cli::Numbers(args) => numbers::run(&args),
        Cli::Grade(args) => grade::run(&args),
        Cli::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "hotlined", &mut io::stdout());
            ExitCode::SUCCESS
        }
    }
}

/// The settings of this file, or of [`SETTINGS_FILE`] if there is one, under the environment's.
fn load_settings(file: Option<&Path>) -> Result<Settings, Vec<settings::SettingsFault>> {
    let default = Path::new(SETTINGS_FILE);
    let file = file.or_else(|| default.exists().then_some(default));
    Settings::load(file, environment())
}

/// Faults in one, a line each.
fn join_faults<F: Display>(faults: Vec<F>) -> anyhow::Error {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    anyhow::anyhow!(faults.join("\nhotlined: "))
}

/// The calendar with the years of this folder, else of the folder in the settings.
fn load_calendar(settings: Option<&Path>, folder: Option<&Path>) -> anyhow::Result<Calendar> {
    let folder = match folder {
        Some(folder) => Some(folder.to_owned()),
        None => load_settings(settings).map_err(join_faults)?.holidays,
    };
    folder.map_or_else(|| Ok(Calendar::known()), |folder| holiday_folder::load(&folder).map_err(join_faults))
}

/// The table of numbers with that of this file over it, else of the file in the settings.
fn load_numbers(settings: Option<&Path>, file: Option<&Path>) -> anyhow::Result<Arc<NumberRegions>> {
    let file = match file {
        Some(file) => Some(file.to_owned()),
        None => load_settings(settings).map_err(join_faults)?.numbers,
    };
    Ok(file.map_or_else(
        || Ok(NumberRegions::built_in().clone()),
        |file| numbers_file::load(&file).map(Arc::new),
    )?)
}

/// The variables of this process. What is not UTF-8 in one of ours shows as a value that is not valid, or not
/// right; in others' it does not matter.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

/// Prints a fault and everything behind it.
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("hotlined: {error:#}");
    ExitCode::FAILURE
}

/// Prints a line; a reader who has gone away is an error that ends the printing.
fn print_line(line: &String) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// From here on the log goes to the standard error.
fn start_log(log: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let colours = io::stderr().is_terminal();
    let builder =
        tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(colours).with_env_filter(filter);
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// One thread turns the engine and one serves the sockets; more would only take each other's cache.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
