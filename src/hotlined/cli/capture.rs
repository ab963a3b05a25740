//! `hotlined capture`: records the event socket of a switch, in both directions, on its own connection. It subscribes
//! to the same events as the daemon and changes no call, so it may run beside a daemon.

use super::load_config::load_settings;
use super::output::fail;
use super::start::{runtime, start_log};
use crate::capture::CaptureWriter;
use crate::daemon::ServeError;
use crate::daemon::link_settings::link_settings;
use crate::daemon::link_task::{LinkAuthority, run_link};
use crate::daemon::settings::SETTINGS_VARIABLE;
use crate::jsonl_writer::{JsonlWriter, SlowDiskPolicy};
use hotlined_instance::switch::freeswitch::link;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// The arguments of `hotlined capture`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// The switch, if the settings have several.
    #[arg(long, value_name = "NAME")]
    switch: Option<String>,
    /// The file to write; an existing file is overwritten.
    #[arg(value_name = "FILE")]
    out: PathBuf,
    /// Stop after this number of seconds [default: run until interrupted].
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
}

/// Records until it is stopped. The exit code is 0, or 1 after a fault.
pub fn run(args: &Args) -> ExitCode {
    match start(args) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(lost) => fail(&anyhow::anyhow!("the disk was too slow: {lost} pieces are missing")),
        Err(error) => fail(&error),
    }
}

fn start(args: &Args) -> anyhow::Result<u64> {
    let settings = load_settings(args.settings.as_deref()).map_err(ServeError::Settings)?;
    start_log(&settings.log)?;
    let link = select_switch(link_settings(&settings)?, args.switch.as_deref())?;
    runtime()?.block_on(record(link, &args.out, args.seconds.map(Duration::from_secs)))
}

/// The switch of this name, or the only switch.
fn select_switch(links: Vec<link::LinkSettings>, name: Option<&str>) -> anyhow::Result<link::LinkSettings> {
    let names = links.iter().map(|link| link.switch.to_string()).collect::<Vec<_>>().join(", ");
    let is_meant = |link: &&link::LinkSettings| name.is_none_or(|name| *link.switch.0 == *name);
    match links.iter().filter(is_meant).collect::<Vec<_>>()[..] {
        [link] => Ok(link.clone()),
        [] => anyhow::bail!("no switch of that name is in the settings: there are {names}"),
        [_, _, ..] => anyhow::bail!("the settings have several switches: say --switch with one of {names}"),
    }
}

async fn record(settings: link::LinkSettings, out: &Path, limit: Option<Duration>) -> anyhow::Result<u64> {
    const EVENTS_WAITING_MAX: usize = 1_024;
    let file = JsonlWriter::create(out, SlowDiskPolicy::Drop)?;
    let (orders, orders_out) = mpsc::channel(1);
    let (inbox, mut events) = mpsc::channel(EVENTS_WAITING_MAX);
    let keeping = tokio::spawn(run_link(
        settings,
        orders_out,
        inbox,
        Some(CaptureWriter::new(file.clone())),
        LinkAuthority::undisputed(),
    ));
    let enough = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(enough);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        tokio::select! {
            event = events.recv() => if event.is_none() { break },
            () = &mut enough => break,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    // The link logs out when the sender of orders is dropped.
    drop(orders);
    let ended = tokio::spawn(async move { while events.recv().await.is_some() {} });
    let kept = keeping.await?;
    ended.await?;
    file.close();
    kept?;
    Ok(file.lines_dropped())
}
