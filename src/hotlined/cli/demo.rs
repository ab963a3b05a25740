//! `hotlined demo`: a whole telephone exchange on this machine, with callers and agents, and the daemon joined
//! to it by a real socket. Nothing is needed beside the binary.

mod live_view;
mod load;
mod scenarios;

use super::{fail, print_line, runtime};
use crate::daemon::ControlRequest;
use crate::daemon::heartbeat::Heartbeat;
use crate::daemon::serve::{DaemonParts, RunningDaemon};
use crate::jsonl_writer::{JsonlWriter, SlowDiskPolicy};
use anyhow::Context;
use hotlined_core::call::Limits;
use hotlined_core::command::Command;
use hotlined_core::engine::{Observer, TraceEntry};
use hotlined_core::event::Event;
use hotlined_core::hotline::Hotlines;
use hotlined_core::id::SwitchId;
use hotlined_core::number::masked;
use hotlined_core::prompt::SoundPath;
use hotlined_core::record::CallRecord;
use hotlined_core::time::Millis;
use hotlined_esl::argument::Endpoint;
use hotlined_esl::event::Format;
use hotlined_esl::vocabulary::Secret;
use hotlined_instance::switch::freeswitch::conversation::Account;
use hotlined_instance::switch::freeswitch::encode_command::{Fallback, Site};
use hotlined_instance::switch::freeswitch::link;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use hotlined_instance::switch::freeswitch::liveness::Patience;
use hotlined_sim::switch::{SimulatedSwitch, SwitchOptions};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long the link to the simulated exchange may take to come up.
const LINK_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the last calls may take to end after the last caller was to have left.
const QUIET_TIME_MAX: Duration = Duration::from_secs(180);

/// What to show.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A load in place of the dozen calls: so many, of all outcomes.
    #[arg(long, value_name = "N")]
    calls: Option<usize>,
    /// How many calls a second a load begins.
    #[arg(long, value_name = "R", default_value_t = 20.0, requires = "calls")]
    rate: f64,
    /// What chance begins with: the same seed, the same people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the call records in this file.
    #[arg(long, value_name = "FILE")]
    records: Option<PathBuf>,
    /// Plain lines even on a terminal.
    #[arg(long)]
    plain: bool,
}

/// Shows it: 0 is well, 1 is a fault, of which a call without its one record is one.
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
            let stage = DemoSetup::build(args, scenarios::hotlines(), &records).await?;
            live_view::show(stage, scenarios::cast(), args.plain || !std::io::stdout().is_terminal()).await?;
        }
        Some(calls) => {
            let stage = DemoSetup::build(args, load::hotlines(), &records).await?;
            load::run(stage, load::cast(args.seed, calls, args.rate), args.rate).await?;
        }
    }
    if let Some(records) = &args.records {
        eprintln!("call records: {}", records.display());
    }
    Ok(())
}

/// The exchange and the daemon, joined.
struct DemoSetup {
    exchange: SimulatedSwitch,
    daemon: RunningDaemon,
    file: JsonlWriter,
    /// Every call record, as soon as it is written.
    records: mpsc::UnboundedReceiver<CallRecord>,
}

impl DemoSetup {
    async fn build(args: &Args, hotlines: Hotlines, records: &std::path::Path) -> anyhow::Result<Self> {
        let mut options = SwitchOptions::default();
        options.model.seed = args.seed;
        let exchange = SimulatedSwitch::start(options).await.context("the simulated exchange")?;
        let file = JsonlWriter::create(records, SlowDiskPolicy::Wait)?;
        let (record, records) = mpsc::unbounded_channel();
        let (up, mut is_up) = mpsc::unbounded_channel();
        let observer: Observer = Box::new(move |_, entry| match entry {
            // Whoever listened has left when these fail.
            TraceEntry::Out(Command::Record(written)) => drop(record.send((**written).clone())),
            TraceEntry::In(Event::LinkRestored { .. }) => drop(up.send(())),
            TraceEntry::In(_) | TraceEntry::Out(_) => {}
        });
        let parts = DaemonParts {
            limits: Limits::default(),
            drain_max: Millis(0),
            initial_events: vec![Event::Hotlines(Arc::new(hotlines))],
            links: vec![link_settings(&exchange)?],
            records: file.clone(),
            capture: None,
            observers: vec![observer],
            snapshot: None,
            redis: None,
            claim: None,
            heartbeat: Heartbeat::default(),
        };
        let daemon = parts.start()?;
        tokio::time::timeout(LINK_TIME_MAX, is_up.recv()).await.context("the link did not come up")?;
        Ok(Self { exchange, daemon, file, records })
    }

    /// The daemon stops in good order, and every record is in its file.
    async fn stop(self) -> anyhow::Result<()> {
        self.daemon.control().send(ControlRequest::Stop).await?;
        self.daemon.finished().await?;
        self.file.close();
        Ok(())
    }
}

fn link_settings(exchange: &SimulatedSwitch) -> anyhow::Result<LinkSettings> {
    let address = exchange.address();
    let options = SwitchOptions::default();
    Ok(LinkSettings {
        switch: SwitchId("demo".into()),
        host: address.ip().to_string(),
        port: address.port(),
        account: Account { user: None, password: Secret::new(&options.password)? },
        site: Site {
            trunk: "sofia/gateway/carrier/{number}".parse()?,
            fallback: Fallback {
                extension: Endpoint::new(hotlined_sim::dialplan::FALLBACK)?,
                dialplan: Endpoint::new("XML")?,
                context: Endpoint::new("public")?,
            },
            recordings: SoundPath::new("/var/lib/freeswitch/recordings")?,
        },
        format: Format::Plain,
        setup_time_max: LINK_TIME_MAX,
        patience: Patience::default(),
        reconnect_wait_min: Duration::from_millis(100),
        reconnect_wait_max: Duration::from_secs(5),
        limits: link::Limits::default(),
    })
}

/// A folder that goes with the demo.
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
        // What cannot be removed is in the temporary folder still.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The call records as a table.
fn print_records(records: &[CallRecord]) -> anyhow::Result<()> {
    print_line(&format!(
        "{:<12} {:<11} {:<15} {:<8} {:<16} {:>7} {:>7}  {}",
        "hotline", "caller", "outcome", "ended by", "cause", "wait", "talk", "agents tried"
    ))?;
    for record in records {
        let tried: Vec<String> = record
            .attempts
            .iter()
            .map(|attempt| format!("{} {}", attempt.agent, json_word(&attempt.outcome)))
            .collect();
        print_line(&format!(
            "{:<12} {:<11} {:<15} {:<8} {:<16} {:>7.1} {:>7.1}  {}",
            record.hotline.as_deref().unwrap_or(&record.dialled),
            masked(&record.caller),
            json_word(&record.outcome),
            json_word(&record.ended_by),
            record.cause,
            seconds(record.wait),
            seconds(record.talk),
            tried.join(", ")
        ))?;
    }
    Ok(())
}

fn seconds(span: Millis) -> f64 {
    span.0 as f64 / 1_000.0
}

/// A word of a record as its JSON writes it.
fn json_word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
