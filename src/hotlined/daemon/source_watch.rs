//! Loads hotlines, holidays and numbers again when one of their files changes and when the daemon gets SIGHUP.
//!
//! The watch only sends what it loaded; the receiver decides whether calls follow it. A broken version is sent as its
//! faults, so that the receiver keeps the version before. Sound files are not watched: SIGHUP checks them again.

use super::config_source::ConfigSource;
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::warn;

/// The loaded configuration, or everything that is wrong with its files.
pub type LoadResult<S> = Result<Arc<<S as ConfigSource>::Content>, Vec<<S as ConfigSource>::Fault>>;

/// How long the folder must be unchanged before it is loaded, in milliseconds: an editor writes in several steps.
pub const QUIET_MS_MIN: u64 = 250;
/// After how long a folder that keeps changing is loaded all the same, in milliseconds.
pub const QUIET_MS_MAX: u64 = 2_000;
/// How often a folder that could not be watched is loaded and watched again, in seconds.
pub const WATCH_RETRY_S: u64 = 5;

/// Why a watch could not begin.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The operating system has no file watcher for the daemon.
    #[error("file changes cannot be watched: {0}")]
    Watcher(#[from] notify::Error),
    /// The operating system refused the signal handler.
    #[error("SIGHUP cannot be received: {0}")]
    Signal(std::io::Error),
}

/// A watch on the files of a source.
pub struct SourceWatch<S> {
    source: S,
    watcher: RecommendedWatcher,
    /// Whether the last attempt to watch succeeded. A lasting failure is logged once.
    watching: bool,
    changes: Receiver<()>,
    hangups: Signal,
}

/// Why a source is loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LoadReason {
    /// A file changed.
    Changed,
    /// The operator sent SIGHUP.
    Requested,
}

impl<S: ConfigSource> SourceWatch<S> {
    /// Begins to watch. [`SourceWatch::run`] sends every change from now on. To lose no change, call this first, then
    /// load the source, then call `run`.
    ///
    /// # Errors
    /// If the operating system has no file watcher or refuses the signal handler.
    pub fn begin(source: S) -> Result<Self, WatchError> {
        let hangups = signal(SignalKind::hangup()).map_err(WatchError::Signal)?;
        // One place is enough: a change that finds the channel full is covered by the change in the channel.
        let (changed, changes) = channel(1);
        let only = source.file().map(OsStr::to_owned);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, |event| may_change_source(event, only.as_deref())) {
                let _ = changed.try_send(());
            }
        })?;
        let mut watch = Self { source, watcher, watching: true, changes, hangups };
        watch.watch_folder();
        Ok(watch)
    }

    /// Sends the result of every load until the receiver is dropped. A change that makes no difference is not sent; a
    /// load after SIGHUP is always sent. `current` is what the receiver has already.
    pub async fn run(mut self, current: Arc<S::Content>, tell: Sender<LoadResult<S>>) {
        let mut last: LoadResult<S> = Ok(current);
        loop {
            let why = tokio::select! {
                () = tell.closed() => return,
                why = self.next_reason() => why,
            };
            // For the watcher, a folder that was moved away and created again is another folder.
            self.watch_folder();
            let loaded = self.load().await;
            if why == LoadReason::Requested || loaded != last {
                last = loaded.clone();
                if tell.send(loaded).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Waits for a reason to load the source.
    async fn next_reason(&mut self) -> LoadReason {
        tokio::select! {
            Some(()) = self.hangups.recv() => LoadReason::Requested,
            Some(()) = self.changes.recv() => self.wait_until_quiet().await,
            () = sleep(Duration::from_secs(WATCH_RETRY_S)), if !self.watching => LoadReason::Changed,
        }
    }

    /// Waits until the folder stays unchanged.
    async fn wait_until_quiet(&mut self) -> LoadReason {
        let end = Instant::now() + Duration::from_millis(QUIET_MS_MAX);
        loop {
            let quiet = Instant::now() + Duration::from_millis(QUIET_MS_MIN);
            tokio::select! {
                Some(()) = self.hangups.recv() => return LoadReason::Requested,
                change = timeout_at(quiet.min(end), self.changes.recv()) => {
                    let goes_on = matches!(change, Ok(Some(())));
                    if !goes_on || Instant::now() >= end {
                        return LoadReason::Changed;
                    }
                }
            }
        }
    }

    fn watch_folder(&mut self) {
        let folder = self.source.folder();
        if self.watching {
            let _ = self.watcher.unwatch(folder);
        }
        let result = self.watcher.watch(folder, RecursiveMode::NonRecursive);
        if let (Err(error), true) = (&result, self.watching) {
            warn!(folder = %folder.display(), %error, "{} are not watched", S::NAME);
        }
        self.watching = result.is_ok();
    }

    async fn load(&self) -> LoadResult<S> {
        let source = self.source.clone();
        let loaded = tokio::task::spawn_blocking(move || source.load().map(Arc::new)).await;
        // A load should never panic; if it does, the daemon keeps the present version.
        loaded.unwrap_or_else(|error| Err(vec![self.source.unreadable(&error)]))
    }
}

/// Whether an event may be a change; of the file `only`, if one is named. Reading a file is an event, too, and must not
/// count: else each load would cause the next.
fn may_change_source(event: &Event, only: Option<&OsStr>) -> bool {
    // An event without a path means that events were lost.
    let named =
        |name| event.paths.is_empty() || event.paths.iter().any(|path| path.file_name() == Some(name));
    if !only.is_none_or(named) {
        return false;
    }
    match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}
