//! The API address of the daemon: the streams of events, and the screen pop.

use crate::api::api_settings::ApiSettings;
use crate::api::event_ring::EventRing;
use crate::api::pages::{STREAMS_MAX, router};
use crate::http::listener::{CONNECTIONS_MAX, ListenError, Listener};
use hotlined_instance::metrics;
use std::sync::Arc;

/// The API address: its port is open, but requests are not answered yet.
pub(super) struct ApiServer {
    listener: Listener,
    settings: ApiSettings,
}

impl ApiServer {
    /// Opens the port.
    pub(super) async fn open(settings: ApiSettings) -> Result<Self, ListenError> {
        Ok(Self { listener: Listener::open("api", settings.address).await?, settings })
    }

    /// Answers requests from now on.
    pub(super) fn start(self, ring: Arc<EventRing>) {
        let Self { listener, settings } = self;
        metrics::STREAMS.gauge(&[]).set(0.0);
        ["client", "slow"].iter().for_each(|why| metrics::STREAMS_ENDED.counter(&[why]).increment(0));
        ["token", "full"].iter().for_each(|why| metrics::STREAMS_REFUSED.counter(&[why]).increment(0));
        tracing::info!(address = %listener.address(), "events at /events, screen pop at /pop");
        if settings.tokens.is_empty() {
            tracing::warn!("[api] has no tokens: nobody can see events");
        }
        tokio::spawn(listener.serve(router(settings, ring), STREAMS_MAX + CONNECTIONS_MAX));
    }
}
