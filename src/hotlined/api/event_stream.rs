//! `GET /events`: the events as server-sent events, from now on or from where the client ended.

use super::access_token::EventView;
use super::event_ring::{EventRing, RingEvent, StreamStart};
use axum::body::{Body, Bytes};
use futures_util::stream;
use hotlined_instance::metrics;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

/// How often a stream without events says that it is there. Proxies close what is silent for 30 s or more.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How far a stream may be behind, in events: a client that takes no bytes for so long is dropped.
pub const BEHIND_MAX: u64 = 1_000;
/// How long a client shall wait before it connects again.
const RECONNECT_MS: u32 = 1_000;
/// The most events that are written at once.
const EVENTS_AT_ONCE_MAX: usize = 64;

/// What a stream shows: what the token may see, and of that what was asked for.
#[derive(Clone, Debug)]
pub struct StreamFilter {
    /// What the token may see.
    pub view: EventView,
    /// The agent that was asked for.
    pub agent: Option<String>,
    /// The hotline that was asked for.
    pub hotline: Option<String>,
}

impl StreamFilter {
    fn shows(&self, event: &RingEvent) -> bool {
        let agent_fits = self.agent.as_ref().is_none_or(|agent| event.agent.as_deref() == Some(agent));
        let hotline_fits = self.hotline.as_ref().is_none_or(|hotline| *event.hotline == **hotline);
        agent_fits && hotline_fits && self.view.shows(event.agent.as_deref(), &event.hotline)
    }
}

/// How far a stream is.
#[derive(Debug)]
pub struct StreamProgress {
    /// The number of the last event that was taken from the ring.
    position: AtomicU64,
    /// The number of the newest event at the beginning: what came before is not counted as being behind.
    newest_at_start: u64,
    newest: watch::Receiver<u64>,
}

impl StreamProgress {
    /// Whether the client takes too little: its stream is dropped.
    pub fn is_too_slow(&self) -> bool {
        let position = self.position.load(Ordering::Relaxed).max(self.newest_at_start);
        self.newest.borrow().saturating_sub(position) > BEHIND_MAX
    }
}

/// Counts the end of a stream, whatever ends it.
impl Drop for EventStream {
    fn drop(&mut self) {
        let why = if self.progress.is_too_slow() { "slow" } else { "client" };
        metrics::STREAMS_ENDED.counter(&[why]).increment(1);
        metrics::STREAMS.gauge(&[]).decrement(1.0);
    }
}

/// A stream that is written to a client.
struct EventStream {
    ring: Arc<EventRing>,
    filter: StreamFilter,
    newest: watch::Receiver<u64>,
    progress: Arc<StreamProgress>,
    /// What is written first.
    opening: Option<String>,
    written_at: Instant,
    /// Its place among the open streams.
    _place: OwnedSemaphorePermit,
}

/// The body of a stream, and how far it is.
pub fn open(
    ring: Arc<EventRing>,
    filter: StreamFilter,
    last_id: Option<&str>,
    place: OwnedSemaphorePermit,
) -> (Body, Arc<StreamProgress>) {
    let start = ring.start(last_id);
    let newest = ring.newest();
    let progress = Arc::new(StreamProgress {
        position: AtomicU64::new(start.after),
        newest_at_start: *newest.borrow(),
        newest: newest.clone(),
    });
    metrics::STREAMS.gauge(&[]).increment(1.0);
    let stream = EventStream {
        opening: Some(opening(&ring, start)),
        ring,
        filter,
        newest,
        progress: progress.clone(),
        written_at: Instant::now(),
        _place: place,
    };
    let chunks = stream::unfold(stream, |mut stream| async move {
        let text = stream.next_text().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), stream))
    });
    (Body::from_stream(chunks), progress)
}

/// The id where the stream begins, so that a client that sees no event can go on from here, too; and `reset` if the
/// client lost events.
fn opening(ring: &EventRing, start: StreamStart) -> String {
    let id = ring.id(start.after);
    let reset = if start.is_reset { "event: reset\ndata: {}\n" } else { "" };
    format!("retry: {RECONNECT_MS}\nid: {id}\n{reset}\n")
}

impl EventStream {
    /// What is written next; `None` when the daemon ends.
    async fn next_text(&mut self) -> Option<String> {
        if let Some(opening) = self.opening.take() {
            return Some(opening);
        }
        loop {
            self.newest.mark_unchanged();
            let position = self.progress.position.load(Ordering::Relaxed);
            let events = self.ring.after(position, EVENTS_AT_ONCE_MAX);
            if let Some(last) = events.last() {
                // A stream that overtook the ring has lost events; it is dropped for that before.
                self.progress.position.store(last.number, Ordering::Relaxed);
                let text = self.text_of(&events);
                if text.is_empty() {
                    continue;
                }
                self.written_at = Instant::now();
                return Some(text);
            }
            tokio::select! {
                changed = self.newest.changed() => changed.ok()?,
                () = tokio::time::sleep_until(self.written_at + KEEP_ALIVE) => {
                    self.written_at = Instant::now();
                    return Some(": still here\n\n".to_owned());
                }
            }
        }
    }

    /// Those of the events that the stream shows, as text. A body has no line break: JSON escapes it.
    fn text_of(&self, events: &[Arc<RingEvent>]) -> String {
        let mut text = String::new();
        for event in events.iter().filter(|event| self.filter.shows(event)) {
            let id = self.ring.id(event.number);
            // Writing into a `String` cannot fail.
            let _ = write!(text, "id: {id}\nevent: {}\ndata: {}\n\n", event.kind, event.body);
        }
        text
    }
}
