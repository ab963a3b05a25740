//! The admin address of the daemon. Metrics that are not counted as they happen are read here before each scrape.

use crate::http::admin::router;
use crate::http::listener::{CONNECTIONS_MAX, ListenError, Listener};
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

/// The fingerprint in the metrics if the operator has no table of numbers.
const BUILT_IN: &str = "built_in";

/// The admin address: its port is open, but requests are not answered yet.
pub(super) struct AdminServer {
    listener: Listener,
    registry: Arc<Registry>,
}

/// The values that are read at each scrape.
pub(super) struct PolledMetrics {
    /// The append-only files, each with its name in the metrics.
    pub(super) files: Vec<(&'static str, JsonlWriter)>,
    /// The present calendar.
    pub(super) calendar: watch::Receiver<Arc<Calendar>>,
    /// The present table of numbers; `None` if it is the built-in table.
    pub(super) number_regions: watch::Receiver<Option<Arc<NumberRegions>>>,
}

impl AdminServer {
    /// Opens the port. Metrics are recorded from now on.
    pub(super) async fn open(address: SocketAddr) -> Result<Self, ListenError> {
        let listener = Listener::open("admin", address).await?;
        let registry = metrics_registry::global().clone();
        metrics::BUILD.gauge(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        metrics::STARTED.gauge(&[]).set(unix_seconds());
        Ok(Self { listener, registry })
    }

    /// Answers requests from now on.
    pub(super) fn start(self, health: Arc<Health>, sources: PolledMetrics) {
        let Self { listener, registry } = self;
        tracing::info!(address = %listener.address(), "figures at /metrics, health at /healthz and /readyz");
        let known_health = health.clone();
        let render_metrics = move || {
            metrics::DRAINING.gauge(&[]).set(f64::from(u8::from(known_health.is_draining())));
            sources.update(&registry);
            registry.render()
        };
        tokio::spawn(listener.serve(router(health, Arc::new(render_metrics)), CONNECTIONS_MAX));
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
        let number_regions = self.number_regions.borrow();
        let imported = number_regions.as_ref().and_then(|regions| regions.imported());
        let fingerprint = imported.map(|table| table.fingerprint());
        registry.set_info(&metrics::NUMBERS, &[fingerprint.as_deref().unwrap_or(BUILT_IN)]);
    }
}

/// Counts a load of a configuration source, good or bad.
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
