//! Hotlines, holidays and numbers loaded again: when a file of theirs changes, and when the daemon gets SIGHUP.
//!
//! What was loaded is only told; whether calls follow it is the receiver's to decide. A broken version is told
//! as its faults, so that the one before stays. Changes of sound files are not watched: SIGHUP looks again.

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

/// What a load gave: all of it, or all that is wrong with it.
pub type LoadResult<S> = Result<Arc<<S as ConfigSource>::Content>, Vec<<S as ConfigSource>::Fault>>;

/// How long the folder must be quiet before it is read, in milliseconds: an editor writes in several steps.
pub const QUIET_MS_MIN: u64 = 250;
/// After how long a folder that is never quiet is read all the same, in milliseconds.
pub const QUIET_MS_MAX: u64 = 2_000;
/// How often a folder that could not be watched is tried again, in seconds.
pub const WATCH_RETRY_S: u64 = 5;

/// Nothing could be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The system gives no watcher.
    #[error("file changes cannot be watched: {0}")]
    Watcher(#[from] notify::Error),
    /// The system gives no signals.
    #[error("SIGHUP cannot be received: {0}")]
    Signal(std::io::Error),
}

/// The watch on a source.
pub struct SourceWatch<S> {
    source: S,
    watcher: RecommendedWatcher,
    /// Whether the last attempt to watch succeeded; so that a lasting failure is logged once.
    watching: bool,
    changes: Receiver<()>,
    hangups: Signal,
}

/// Why a folder is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LoadReason {
    /// Something in it changed.
    Changed,
    /// An operator wants it.
    Requested,
}

impl<S: ConfigSource> SourceWatch<S> {
    /// Begins to watch. Everything that changes from now on is told by [`Watch::run`]: begin, then load for
    /// the first time, then run, and no change is lost between.
    pub fn begin(source: S) -> Result<Self, WatchError> {
        let hangups = signal(SignalKind::hangup()).map_err(WatchError::Signal)?;
        // One place is enough: a change that finds it taken is told by the one that took it.
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

    /// Tells every load until nobody listens: a change that made no difference is not told, a SIGHUP always is.
    /// `current` is what the listener has.
    pub async fn run(mut self, current: Arc<S::Content>, tell: Sender<LoadResult<S>>) {
        let mut last: LoadResult<S> = Ok(current);
        loop {
            let why = tokio::select! {
                () = tell.closed() => return,
                why = self.next_reason() => why,
            };
            // A folder that was moved away and made anew is another folder to the watcher.
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

    /// Waits for a reason to read the folder.
    async fn next_reason(&mut self) -> LoadReason {
        tokio::select! {
            Some(()) = self.hangups.recv() => LoadReason::Requested,
            Some(()) = self.changes.recv() => self.wait_until_quiet().await,
            () = sleep(Duration::from_secs(WATCH_RETRY_S)), if !self.watching => LoadReason::Changed,
        }
    }

    /// Waits until the folder is quiet.
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
        // A load has no way to panic; if it finds one, the daemon goes on with what it has.
        loaded.unwrap_or_else(|error| Err(vec![self.source.unreadable(&error)]))
    }
}

/// Whether an event can be a change, of this file of the folder if `only` one matters. Reading a file is an event too,
/// so each load would cause the next.
fn may_change_source(event: &Event, only: Option<&OsStr>) -> bool {
    // An event without a path says that events were lost.
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
