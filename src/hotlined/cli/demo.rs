//! `hotlined demo`: a simulated FreeSWITCH with callers and agents on this machine, and the real daemon connected to it
//! over a real socket. It needs only the binary.

mod fake_sms;
mod live_view;
mod load;
mod record_table;
mod scenarios;
mod setup;

use super::output::fail;
use super::start::runtime;
use anyhow::Context;
use setup::DemoSetup;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `hotlined demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run a load test with this number of calls, of all outcomes, instead of the dozen demo calls.
    #[arg(long, value_name = "N")]
    calls: Option<usize>,
    /// The number of new calls per second in a load test.
    #[arg(long, value_name = "R", default_value_t = 20.0, requires = "calls")]
    rate: f64,
    /// The seed of the random numbers: the same seed gives the same callers and agents.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the call records to this file.
    #[arg(long, value_name = "FILE")]
    records: Option<PathBuf>,
    /// Print plain lines even on a terminal.
    #[arg(long)]
    plain: bool,
}

/// Runs the demo. The exit code is 0, or 1 after a fault, such as a call without its call record.
pub fn run(args: &Args) -> ExitCode {
    let shown = runtime().map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(show(args)));
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn show(args: &Args) -> anyhow::Result<()> {
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
    let folder = TemporaryFolder::make()?;
    let records = args.records.clone().unwrap_or_else(|| folder.0.join("records.jsonl"));
    match args.calls {
        None => {
            let stage = DemoSetup::build(args.seed, scenarios::hotlines(), &records).await?;
            live_view::show(stage, scenarios::cast(), args.plain || !std::io::stdout().is_terminal()).await?;
        }
        Some(calls) => {
            let stage = DemoSetup::build(args.seed, load::hotlines(), &records).await?;
            load::run(stage, load::cast(args.seed, calls, args.rate), args.rate).await?;
        }
    }
    if let Some(records) = &args.records {
        eprintln!("call records: {}", records.display());
    }
    Ok(())
}

/// A folder that is removed at the end of the demo.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("hotlined-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // A folder that cannot be removed stays in the temporary folder of the machine.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
