//! The whole daemon: everything is checked first, then files are opened, then the link; never the other way.

use super::admin_server::{self, AdminServer, PolledMetrics};
use super::clock::Clock;
use super::config_source::{ConfigSource, HolidayFolder, HotlineFolder, NumbersFile};
use super::event_loop::ControlRequest;
use super::heartbeat::Heartbeat;
use super::holiday_folder::HolidayFolderError;
use super::numbers_file::NumbersFileError;
use super::record_deliverer;
pub use super::running_daemon::{DaemonParts, RedisParts, RunningDaemon};
use super::settings::{self, EventFormat, Settings, SwitchSettings};
use super::source_watch::{LoadResult, SourceWatch, WatchError};
use super::systemd::{ServiceManager, ServiceStatus};
use super::{call_metrics, holiday_reminder, sighup};
use crate::capture::CaptureWriter;
use crate::http::listener::ListenError;
use crate::journal::Journal;
use crate::jsonl_writer::{JsonlError, JsonlWriter, SlowDiskPolicy};
use crate::redis::ConnectorError;
use crate::snapshot_file::{SnapshotFile, SnapshotFileError};
use hotlined_config;
use hotlined_core::call::Limits;
use hotlined_core::engine::Observer;
use hotlined_core::event::Event;
use hotlined_core::hotline::Hotlines;
use hotlined_core::hours::Calendar;
use hotlined_core::id::SwitchId;
use hotlined_core::number::NumberRegions;
use hotlined_esl::argument::{BadEndpoint, Endpoint};
use hotlined_esl::event::Format;
use hotlined_esl::vocabulary::{BadSecret, BadWord, Secret, UserAtDomain};
use hotlined_instance::health::Health;
use hotlined_instance::metrics;
use hotlined_instance::persist::snapshot::PersistedState;
use hotlined_instance::switch::freeswitch::conversation::Account;
use hotlined_instance::switch::freeswitch::encode_command::{Fallback, Site};
use hotlined_instance::switch::freeswitch::link;
use hotlined_instance::switch::freeswitch::link::{LinkError, LinkSettings};
use hotlined_instance::switch::freeswitch::liveness::Patience;
use hotlined_instance::switch::lease_token::{Claim, Claiming};
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// Where Linux says what the machine is called.
const HOST_NAME_FILE: &str = "/proc/sys/kernel/hostname";

/// Why the daemon did not start or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The settings.
    #[error("{}", lines(.0))]
    Settings(Vec<settings::SettingsFault>),
    /// The hotlines.
    #[error("{}", lines(.0))]
    Hotlines(Vec<hotlined_config::Diagnostic>),
    /// The holidays.
    #[error("{}", lines(.0))]
    Holidays(Vec<HolidayFolderError>),
    /// The table of numbers.
    #[error("{}", lines(.0))]
    Numbers(Vec<NumbersFileError>),
    /// A folder cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// A file.
    #[error(transparent)]
    File(#[from] JsonlError),
    /// The file of live calls.
    #[error(transparent)]
    Live(#[from] SnapshotFileError),
    /// The settings of Redis.
    #[error("[redis] {0}")]
    Redis(#[from] ConnectorError),
    /// The admin address.
    #[error(transparent)]
    Admin(#[from] ListenError),
    /// A setting that the switch could not read as what it is.
    #[error("[switch] fallback: {0}")]
    Fallback(#[from] BadEndpoint),
    /// The same.
    #[error("[switch] user: {0}")]
    User(#[from] BadWord),
    /// The same.
    #[error("[switch] password: {0}")]
    Password(#[from] BadSecret),
    /// The switch does not want us as we are.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The system does not let us hear signals.
    #[error("SIGTERM, SIGINT and SIGHUP cannot be listened for: {0}")]
    Signals(std::io::Error),
    /// A capture does not say of which switch a line is.
    #[error(
        "a capture is of one switch, and the settings have several: use `hotlined capture --switch NAME`"
    )]
    CaptureOfSeveral,
    /// The system has no thread for the daemon.
    #[error("a thread cannot be started: {0}")]
    Thread(std::io::Error),
    /// A fault of our own.
    #[error("the {0} ended by a fault of its own, which stands above: please report it")]
    Crashed(&'static str),
}

fn lines<T: std::fmt::Display>(faults: &[T]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The links' settings out of the daemon's.
pub fn link_settings(settings: &Settings) -> Result<Vec<LinkSettings>, ServeError> {
    settings.switches.iter().map(link_settings_of).collect()
}

fn link_settings_of(switch: &SwitchSettings) -> Result<LinkSettings, ServeError> {
    let fallback = Fallback {
        extension: Endpoint::new(&switch.fallback.extension)?,
        dialplan: Endpoint::new(&switch.fallback.dialplan)?,
        context: Endpoint::new(&switch.fallback.context)?,
    };
    let password = switch.password().map_err(ServeError::Settings)?.reveal();
    let account = Account {
        user: switch.user.as_deref().map(UserAtDomain::new).transpose()?,
        password: Secret::new(password)?,
    };
    Ok(LinkSettings {
        switch: switch.name.clone(),
        host: switch.host.clone(),
        port: switch.port,
        account,
        site: Site { trunk: switch.trunk.clone(), fallback, recordings: switch.recordings.clone() },
        format: match switch.format {
            EventFormat::Plain => Format::Plain,
            EventFormat::Json => Format::Json,
        },
        setup_time_max: switch.connect_timeout.into(),
        patience: Patience { silence_max: switch.silence_max, answer_max: switch.answer_max },
        reconnect_wait_min: switch.reconnect_min.into(),
        reconnect_wait_max: switch.reconnect_max.into(),
        limits: link::Limits::default(),
    })
}

/// Serves until it is told to stop by SIGTERM or SIGINT.
pub async fn serve(
    settings: Settings,
    journal: Option<&Path>,
    capture: Option<&Path>,
    claiming: Claiming,
) -> Result<(), ServeError> {
    let links = link_settings(&settings)?;
    if claiming == Claiming::TakingOver && settings.redis.is_some() {
        tracing::warn!("--take-over changes nothing beside [redis]: leases say which daemon acts");
    }
    if capture.is_some() && links.len() > 1 {
        return Err(ServeError::CaptureOfSeveral);
    }
    let folder = HotlineFolder { folder: settings.hotlines.clone(), sounds: settings.sounds.clone() };
    let hotlines = WatchedSource::begin(folder, ServeError::Hotlines)?;
    let holidays = settings.holidays.clone().map(HolidayFolder);
    let holidays = holidays.map(|folder| WatchedSource::begin(folder, ServeError::Holidays)).transpose()?;
    let numbers = settings.numbers.clone().map(NumbersFile);
    let numbers = numbers.map(|file| WatchedSource::begin(file, ServeError::Numbers)).transpose()?;
    // Before any file is touched that another daemon might use, which has the port, too.
    let door = match settings.admin {
        Some(address) => Some(AdminServer::open(address).await?),
        None => None,
    };
    // The first to ask for it waits: that shall be no call.
    NumberRegions::built_in();
    let live = match settings.redis {
        Some(_) => {
            warn_about_calls_left(&settings)?;
            None
        }
        None => Some(open_snapshot_file(&settings)?),
    };
    let records = JsonlWriter::append(&settings.records, SlowDiskPolicy::Wait)?;
    let journal = journal.or(settings.journal.as_deref());
    let journal = journal.map(|path| JsonlWriter::append(path, SlowDiskPolicy::Drop)).transpose()?;
    let capture = capture.map(|path| JsonlWriter::append(path, SlowDiskPolicy::Drop)).transpose()?;
    let limits = Limits { live_max: settings.calls.live_max, fallback_after: settings.calls.fallback };
    let switches: Vec<SwitchId> = links.iter().map(|link| link.switch.clone()).collect();
    // Where several daemons could act, it shows later for which switches this one does.
    let acts = switches.iter().filter(|_| settings.redis.is_none()).cloned();
    let health = Arc::new(Health::new(std::time::Instant::now(), acts));
    let known = records.clone();
    health.add_check(move || known.failure().map(|why| format!("call records cannot be written: {why}")));
    let supervisor = ServiceManager::from_env();
    let observe = |file: &JsonlWriter| journal_observer(file.clone(), limits);
    let observers: Vec<Observer> =
        journal.iter().map(observe).chain([call_metrics::observer(health.clone())]).collect();
    let calls = live.as_ref().map_or(0, |(_, kept)| kept.calls.len());
    for link in &links {
        tracing::info!(hotlines = hotlines.current.len(), calls, switch = %link.switch, host = link.host, port = link.port, "serving");
    }
    let of_settings = |redis| RedisParts { settings: redis, records: settings.records.clone() };
    let redis = settings.redis.clone().map(of_settings);
    let parts = DaemonParts {
        limits,
        drain_max: settings.calls.drain_max,
        initial_events: [
            Some(hotlines.event()),
            holidays.as_ref().map(WatchedSource::event),
            numbers.as_ref().map(WatchedSource::event),
        ]
        .into_iter()
        .flatten()
        .collect(),
        links,
        records: records.clone(),
        capture: capture.clone().map(CaptureWriter::new),
        observers,
        snapshot: live,
        redis,
        claim: Some((claim_of_the_process(), claiming)),
        heartbeat: Heartbeat::new(health.clone(), supervisor.clone()),
    };
    // Before anything runs: a signal that came in between would end the process at once.
    let signals = Signals::listen()?;
    let running = parts.start()?;
    let known = holidays.as_ref().map(|holidays| holidays.current.clone());
    let (calendar, calendars) = watch::channel(known.unwrap_or_else(|| Arc::new(Calendar::known())));
    let (atlas, atlases) = watch::channel(numbers.as_ref().map(|numbers| numbers.current.clone()));
    let (loads, loaded) = watch::channel(0);
    let sources = 1 + u64::from(holidays.is_some()) + u64::from(numbers.is_some());
    let count = |hotlines: &Arc<Hotlines>| metrics::HOTLINES.gauge(&[]).set(hotlines.len() as f64);
    count(&hotlines.current);
    hotlines.follow(running.config_changes(), &loads, count);
    if let Some(holidays) = holidays {
        let calendar = calendar.clone();
        holidays.follow(running.config_changes(), &loads, move |changed| {
            drop(calendar.send_replace(changed.clone()))
        });
    }
    if let Some(numbers) = numbers {
        numbers.follow(running.config_changes(), &loads, move |changed| {
            drop(atlas.send_replace(Some(changed.clone())))
        });
    }
    if let Some(door) = door {
        let files = [Some(("records", records.clone())), journal.clone().map(|file| ("journal", file))];
        let files = files.into_iter().chain([capture.clone().map(|file| ("capture", file))]).flatten();
        door.start(
            health,
            PolledMetrics { files: files.collect(), calendar: calendars.clone(), atlas: atlases },
        );
    }
    tokio::spawn(holiday_reminder::remind(calendars));
    let files: Vec<_> = [Some(records), journal, capture].into_iter().flatten().collect();
    tokio::spawn(sighup::serve_sighup(supervisor.clone(), signals.hangup, files.clone(), (loaded, sources)));
    supervisor.notify(&ServiceStatus::Ready);
    tokio::spawn(stop_on_signals(signals.stop, running.control(), supervisor));
    let ended = running.finished().await;
    for file in files {
        file.close();
        if file.lines_dropped() > 0 {
            tracing::warn!(lines = file.lines_dropped(), "the disk was too slow for some lines");
        }
    }
    tracing::info!("stopped");
    ended
}

/// The claim of this process at a switch, where there is no Redis to give out leases. Of two claims that are made at
/// the same time, the later one counts.
fn claim_of_the_process() -> Claim {
    let host = std::fs::read_to_string(HOST_NAME_FILE).unwrap_or_default();
    Claim::new(&format!("{}-{}", host.trim(), std::process::id()), Clock::start().now().0)
}

/// The file of live calls, and what is in it that is not done yet.
fn open_snapshot_file(settings: &Settings) -> Result<(SnapshotFile, PersistedState), ServeError> {
    let (live, mut kept) = SnapshotFile::open(&settings.snapshot_file, Clock::start().now())?;
    kept.losses
        .iter()
        .for_each(|loss| tracing::error!(file = %settings.snapshot_file.display(), "lost: {loss}"));
    if !kept.deliveries.is_empty() {
        kept.leave_out(&record_deliverer::recent_record_ids(&settings.records)?);
    }
    Ok((live, kept))
}

/// Calls that were kept before there was a Redis are not gone on with: what they share is in that file, too.
fn warn_about_calls_left(settings: &Settings) -> Result<(), ServeError> {
    if !settings.snapshot_file.exists() {
        return Ok(());
    }
    let (_, kept) = open_snapshot_file(settings)?;
    if !kept.calls.is_empty() || !kept.deliveries.is_empty() {
        tracing::warn!(
            file = %settings.snapshot_file.display(),
            calls = kept.calls.len(),
            records = kept.deliveries.len(),
            "left there by a daemon without [redis], and not gone on with: the file stays as it is, and a daemon \
             without [redis] still can"
        );
    }
    Ok(())
}

/// Writes a journal as an observer.
pub fn journal_observer(file: JsonlWriter, limits: Limits) -> Observer {
    let mut journal = Journal::new(file, limits);
    Box::new(move |now, entry| journal.record(now, entry))
}

/// A source that is watched, and what it was when it was read.
struct WatchedSource<S: ConfigSource> {
    watch: SourceWatch<S>,
    current: Arc<S::Content>,
}

impl<S: ConfigSource> WatchedSource<S> {
    /// Watches first, so that no change is lost between the two.
    fn begin(source: S, bad: fn(Vec<S::Fault>) -> ServeError) -> Result<Self, ServeError> {
        let watch = SourceWatch::begin(source.clone())?;
        Ok(Self { watch, current: Arc::new(source.load().map_err(bad)?) })
    }

    fn event(&self) -> Event {
        S::event(self.current.clone())
    }

    /// Tells the engine of each change from now on, and `also` whoever else wants to know.
    fn follow(
        self,
        inbox: mpsc::Sender<Event>,
        loads: &watch::Sender<u64>,
        also: impl Fn(&Arc<S::Content>) + Send + 'static,
    ) {
        admin_server::count_load(S::NAME, true);
        let (tell, told) = mpsc::channel(1);
        tokio::spawn(self.watch.run(self.current, tell));
        tokio::spawn(follow::<S>(told, inbox, loads.clone(), also));
    }
}

/// A good version goes to the engine; of a broken one the log says why it does not.
async fn follow<S: ConfigSource>(
    mut told: mpsc::Receiver<LoadResult<S>>,
    inbox: mpsc::Sender<Event>,
    loads: watch::Sender<u64>,
    also: impl Fn(&Arc<S::Content>),
) {
    while let Some(loaded) = told.recv().await {
        admin_server::count_load(S::NAME, loaded.is_ok());
        match loaded {
            Ok(thing) => {
                tracing::info!("{} changed: the next call follows", S::NAME);
                also(&thing);
                if inbox.send(S::event(thing)).await.is_err() {
                    return;
                }
            }
            Err(faults) => {
                faults.iter().for_each(|fault| tracing::warn!(%fault));
                tracing::warn!(faults = faults.len(), "{} changed for the worse: the old ones stay", S::NAME);
            }
        }
        loads.send_modify(|loads| *loads += 1);
    }
}

/// What an operator or a supervisor can say by a signal.
struct Signals {
    stop: Stop,
    hangup: Signal,
}

/// SIGTERM and SIGINT.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, ServeError> {
        let listen = |kind| signal(kind).map_err(ServeError::Signals);
        let (terminate, interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        Ok(Self { stop: Stop { terminate, interrupt }, hangup: listen(SignalKind::hangup())? })
    }
}

/// Both signals are wishes to stop.
async fn stop_on_signals(
    mut signals: Stop,
    wishes: mpsc::Sender<ControlRequest>,
    supervisor: ServiceManager,
) {
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => {}
            _ = signals.interrupt.recv() => {}
        }
        supervisor.notify(&ServiceStatus::Stopping);
        if wishes.send(ControlRequest::Stop).await.is_err() {
            return;
        }
    }
}
