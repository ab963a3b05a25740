//! `hotlined serve`: the daemon.

use super::{fail, load_settings, runtime, start_log};
use crate::daemon::serve::{ServeError, serve};
use crate::daemon::settings::SETTINGS_VARIABLE;
use hotlined_instance::switch::lease_token::Claiming;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to serve.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// Write every event and command into this file, in place of the one in the settings.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Record both directions of the link into this file.
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    /// Act for the switches even if another daemon does so now, without Redis: that one stops.
    #[arg(long)]
    take_over: bool,
}

/// Serves: 0 when told to stop, 1 when it could not.
pub fn run(args: &Args) -> ExitCode {
    match start(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn start(args: &Args) -> anyhow::Result<()> {
    let settings = load_settings(args.settings.as_deref()).map_err(ServeError::Settings)?;
    start_log(&settings.log)?;
    let claiming = if args.take_over { Claiming::TakingOver } else { Claiming::Asking };
    runtime()?.block_on(serve(settings, args.journal.as_deref(), args.capture.as_deref(), claiming))?;
    Ok(())
}
