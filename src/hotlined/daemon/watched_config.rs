//! The configuration that is loaded at the start and sent to the event loop again when its files change.

use super::admin_server;
use super::config_source::{ConfigSource, HolidayFolder, HotlineFolder, NumbersFile};
use super::running_daemon::RunningDaemon;
use super::serve_error::ServeError;
use super::settings::Settings;
use super::source_watch::{LoadResult, SourceWatch};
use hotlined_core::event::Event;
use hotlined_core::hotline::Hotlines;
use hotlined_core::hours::Calendar;
use hotlined_core::number::NumberRegions;
use hotlined_instance::metrics;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// The hotlines, and the operator's own holidays and table of number regions.
pub(super) struct WatchedConfig {
    hotlines: WatchedSource<HotlineFolder>,
    holidays: Option<WatchedSource<HolidayFolder>>,
    numbers: Option<WatchedSource<NumbersFile>>,
}

/// What other parts of the daemon see of the configuration while it changes.
pub(super) struct FollowedConfig {
    /// The present calendar.
    pub(super) calendar: watch::Sender<Arc<Calendar>>,
    /// The present table of number regions; `None` if it is the built-in table.
    pub(super) number_regions: watch::Receiver<Option<Arc<NumberRegions>>>,
    /// The number of loads of all sources, good or bad.
    pub(super) loads: watch::Sender<u64>,
    /// The number of sources.
    pub(super) sources: u64,
}

impl WatchedConfig {
    /// Begins to watch the sources and loads each of them.
    pub(super) fn begin(settings: &Settings) -> Result<Self, ServeError> {
        let folder = HotlineFolder { folder: settings.hotlines.clone(), sounds: settings.sounds.clone() };
        let hotlines = WatchedSource::begin(folder, ServeError::Hotlines)?;
        let holidays = settings.holidays.clone().map(HolidayFolder);
        let holidays =
            holidays.map(|folder| WatchedSource::begin(folder, ServeError::Holidays)).transpose()?;
        let numbers = settings.numbers.clone().map(NumbersFile);
        let numbers = numbers.map(|file| WatchedSource::begin(file, ServeError::Numbers)).transpose()?;
        Ok(Self { hotlines, holidays, numbers })
    }

    /// The hotlines that were loaded.
    pub(super) fn hotlines(&self) -> &Hotlines {
        &self.hotlines.current
    }

    /// The events that give the loaded configuration to the engine.
    pub(super) fn events(&self) -> Vec<Event> {
        let hotlines = Some(self.hotlines.event());
        let holidays = self.holidays.as_ref().map(WatchedSource::event);
        let numbers = self.numbers.as_ref().map(WatchedSource::event);
        [hotlines, holidays, numbers].into_iter().flatten().collect()
    }

    /// Sends each change to the daemon from now on.
    pub(super) fn follow(self, daemon: &RunningDaemon) -> FollowedConfig {
        let Self { hotlines, holidays, numbers } = self;
        let sources = 1 + u64::from(holidays.is_some()) + u64::from(numbers.is_some());
        let present = holidays.as_ref().map(|holidays| holidays.current.clone());
        let calendar = watch::Sender::new(present.unwrap_or_else(|| Arc::new(Calendar::known())));
        let (table, tables) = watch::channel(numbers.as_ref().map(|numbers| numbers.current.clone()));
        let loads = watch::Sender::new(0);
        let count = |hotlines: &Arc<Hotlines>| metrics::HOTLINES.gauge(&[]).set(hotlines.len() as f64);
        count(&hotlines.current);
        hotlines.follow(daemon.config_changes(), &loads, count);
        if let Some(holidays) = holidays {
            let calendar = calendar.clone();
            holidays.follow(daemon.config_changes(), &loads, move |changed| {
                calendar.send_replace(changed.clone());
            });
        }
        if let Some(numbers) = numbers {
            numbers.follow(daemon.config_changes(), &loads, move |changed| {
                table.send_replace(Some(changed.clone()));
            });
        }
        FollowedConfig { calendar, number_regions: tables, loads, sources }
    }
}

/// A configuration source that is watched, and its present content.
struct WatchedSource<S: ConfigSource> {
    watch: SourceWatch<S>,
    current: Arc<S::Content>,
}

impl<S: ConfigSource> WatchedSource<S> {
    /// Begins to watch, then loads: in this order no change is lost.
    fn begin(source: S, bad: fn(Vec<S::Fault>) -> ServeError) -> Result<Self, ServeError> {
        let watch = SourceWatch::begin(source.clone())?;
        Ok(Self { watch, current: Arc::new(source.load().map_err(bad)?) })
    }

    fn event(&self) -> Event {
        S::event(self.current.clone())
    }

    /// Sends each change to the engine from now on, after calling `on_change`.
    fn follow(
        self,
        config_changes: mpsc::Sender<Event>,
        loads: &watch::Sender<u64>,
        on_change: impl Fn(&Arc<S::Content>) + Send + 'static,
    ) {
        admin_server::count_load(S::NAME, true);
        let (results_in, results) = mpsc::channel(1);
        tokio::spawn(self.watch.run(self.current, results_in));
        tokio::spawn(follow::<S>(results, config_changes, loads.clone(), on_change));
    }
}

/// Sends each good version to the engine; logs the faults of a broken version.
async fn follow<S: ConfigSource>(
    mut results: mpsc::Receiver<LoadResult<S>>,
    config_changes: mpsc::Sender<Event>,
    loads: watch::Sender<u64>,
    on_change: impl Fn(&Arc<S::Content>),
) {
    while let Some(result) = results.recv().await {
        admin_server::count_load(S::NAME, result.is_ok());
        match result {
            Ok(content) => {
                tracing::info!("{} changed: the next call follows", S::NAME);
                on_change(&content);
                if config_changes.send(S::event(content)).await.is_err() {
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
