//! What the daemon shows on its admin address, and where each figure that nobody counts as it happens comes from.

use crate::http::admin::router;
use crate::http::listener::{ListenError, Listener};
use crate::jsonl_writer::JsonlWriter;
use crate::metrics_registry;
use crate::metrics_registry::Registry;
use hotlined_core::hours::Calendar;
use hotlined_core::number::NumberRegions;
use hotlined_instance::health::Health;
use hotlined_instance::metrics;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// What stands in place of a fingerprint where an operator has no table of numbers.
const BUILT_IN: &str = "built_in";

/// The admin address, taken and not answered at yet.
pub(super) struct AdminServer {
    listener: Listener,
    registry: Arc<Registry>,
}

/// What is looked at when somebody asks.
pub(super) struct PolledMetrics {
    /// The files that grow by lines, each with what it is called.
    pub(super) files: Vec<(&'static str, JsonlWriter)>,
    /// The calendar in force.
    pub(super) calendar: watch::Receiver<Arc<Calendar>>,
    /// The table of numbers in force; none where it is the one that is built in.
    pub(super) atlas: watch::Receiver<Option<Arc<NumberRegions>>>,
}

impl AdminServer {
    /// Takes the port. Figures are recorded from now on.
    pub(super) async fn open(address: SocketAddr) -> Result<Self, ListenError> {
        let listener = Listener::open(address).await?;
        let registry = metrics_registry::global().clone();
        metrics::BUILD.gauge(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        metrics::STARTED.gauge(&[]).set(unix_seconds());
        Ok(Self { listener, registry })
    }

    /// Answers from now on.
    pub(super) fn start(self, health: Arc<Health>, sources: PolledMetrics) {
        let Self { listener, registry } = self;
        tracing::info!(address = %listener.address(), "figures at /metrics, health at /healthz and /readyz");
        let known = health.clone();
        let figures = move || {
            metrics::DRAINING.gauge(&[]).set(f64::from(u8::from(known.is_draining())));
            sources.update(&registry);
            registry.render()
        };
        tokio::spawn(listener.serve(router(health, Arc::new(figures))));
    }
}

impl PolledMetrics {
    fn update(&self, registry: &Registry) {
        for (name, file) in &self.files {
            metrics::LINES_WRITTEN.counter(&[name]).absolute(file.lines_written());
            metrics::LINES_WAITING.gauge(&[name]).set(file.lines_waiting() as f64);
            metrics::LINES_DROPPED.counter(&[name]).absolute(file.lines_dropped());
        }
        let now = super::clock::Clock::start().now();
        metrics::YEARS_MISSING.gauge(&[]).set(self.calendar.borrow().missing_years(now).len() as f64);
        let atlas = self.atlas.borrow();
        let imported = atlas.as_ref().and_then(|atlas| atlas.imported());
        let fingerprint = imported.map(|table| table.fingerprint());
        registry.set_info(&metrics::NUMBERS, &[fingerprint.as_deref().unwrap_or(BUILT_IN)]);
    }
}

/// A source was read, well or not.
pub(super) fn count_load(source: &str, well: bool) {
    let count = |result, by| metrics::LOADS.counter(&[source, result]).increment(by);
    count("good", u64::from(well));
    count("bad", u64::from(!well));
    if well {
        metrics::LOADED_AT.gauge(&[source]).set(unix_seconds());
    }
}

fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
