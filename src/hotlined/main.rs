//! The `hotlined` binary: see [`hotlined::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    hotlined::cli::run()
}
