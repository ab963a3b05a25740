//! The command line: a file for each subcommand.
//!
//! They share `load_config` (settings and tables), `output` (lines and errors), `start` (log and runtime), and
//! `call_timeline`, which `simulate` and `explain` print.

mod call_timeline;
pub mod capture;
pub mod check;
pub mod day;
pub mod demo;
pub mod explain;
pub mod grade;
pub mod hooks;
mod load_config;
pub mod locate;
pub mod notices;
pub mod numbers;
mod output;
pub mod replay;
pub mod serve;
pub mod simulate;
pub mod sms;
mod start;

use clap::{CommandFactory, Parser};
use std::io;
use std::process::ExitCode;

/// Decides what happens to the calls of Chinese 400 hotlines, beside a running FreeSWITCH.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub enum Cli {
    /// Run a demo: a simulated FreeSWITCH with callers and agents, and the real daemon over a real socket.
    Demo(demo::Args),
    /// Serve the hotlines of the switches until SIGTERM (a second SIGTERM stops at once).
    Serve(serve::Args),
    /// Report everything that is wrong with the settings and the hotlines.
    Check(check::Args),
    /// Show whether a date is a working day, a weekend, a holiday or a make-up day.
    Day(day::Args),
    /// Record the event socket of a switch, to replay it later; no call is changed.
    Capture(capture::Args),
    /// Replay a recording through the decoder and the core, and print the resulting commands.
    Replay(replay::Args),
    /// Play one call through the hotlines without a telephone: what the caller hears, when, and why.
    Simulate(simulate::Args),
    /// Show what happened in a past call, and why, from the journal.
    Explain(explain::Args),
    /// Show where numbers are from, and how that is known.
    Locate(locate::Args),
    /// Import newer data of where mobile numbers are from, or report how much is known.
    #[command(subcommand)]
    Numbers(numbers::Args),
    /// Show the class of 400 numbers (靓号), and the patterns in their digits.
    Grade(grade::Args),
    /// Try a web hook, or print the JSON Schema of the events.
    #[command(subcommand)]
    Hooks(hooks::Args),
    /// Try an SMS gateway of the settings.
    #[command(subcommand)]
    Sms(sms::Args),
    /// Show messages by SMS that are not sent, send them again, or drop them.
    #[command(subcommand)]
    Notices(notices::Args),
    /// Print the completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Runs the command line. The exit code is 0, or 1 after a printed fault, or 2 if the command line is wrong.
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
        Cli::Sms(args) => sms::run(&args),
        Cli::Hooks(args) => hooks::run(&args),
        Cli::Notices(args) => notices::run(&args),
        Cli::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "hotlined", &mut io::stdout());
            ExitCode::SUCCESS
        }
    }
}
