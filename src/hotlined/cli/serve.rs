//! `hotlined serve`: runs the daemon.

use super::load_config::load_settings;
use super::output::fail;
use super::start::{runtime, start_log};
use crate::daemon::ServeError;
use crate::daemon::serve::serve;
use crate::daemon::settings::SETTINGS_VARIABLE;
use hotlined_instance::switch::lease_token::Activation;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `hotlined serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// Write every event and command into this file, instead of the journal in the settings.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Record both directions of the link to the switch into this file.
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    /// Without Redis: become active for the switches even if another daemon is active; that daemon stops.
    #[arg(long)]
    take_over: bool,
}

/// Serves until it is stopped. The exit code is 0, or 1 after a fault.
pub fn run(args: &Args) -> ExitCode {
    match start(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn start(args: &Args) -> anyhow::Result<()> {
    let settings = load_settings(args.settings.as_deref()).map_err(ServeError::Settings)?;
    start_log(&settings.log)?;
    let claiming = if args.take_over { Activation::TakingOver } else { Activation::Asking };
    runtime()?.block_on(serve(settings, args.journal.as_deref(), args.capture.as_deref(), claiming))?;
    Ok(())
}
