//! What subcommands print: lines and errors.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// One error with a line for each fault.
pub(super) fn join_faults<F: Display>(faults: Vec<F>) -> anyhow::Error {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    anyhow::anyhow!(faults.join("\nhotlined: "))
}

/// Prints an error with its causes.
pub(super) fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("hotlined: {error:#}");
    ExitCode::FAILURE
}

/// Prints a line to the standard output. The error if that is closed ends the output.
pub(super) fn print_line(line: &String) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}
