//! The command line: a file for each subcommand.

pub mod check;

use clap::{CommandFactory, Parser};
use std::process::ExitCode;

/// Decides what happens to the calls of Chinese 400 hotlines, beside a running telephone exchange.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub enum Cli {
    /// Say everything that is wrong with the settings and the hotlines.
    Check(check::Args),
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Runs what the command line says: 0 is well, 1 is a fault that was printed, 2 is a wrong command line.
pub fn run() -> ExitCode {
    match Cli::parse() {
        Cli::Check(args) => check::run(args),
        Cli::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "hotlined", &mut std::io::stdout());
            ExitCode::SUCCESS
        }
    }
}
