//! The API address of the daemon: the streams of events, and the screen pop.

use super::message_gateways::MessageInput;
use crate::api::access_token;
use crate::api::api_settings::ApiSettings;
use crate::api::event_ring::EventRing;
use crate::api::pages::{STREAMS_MAX, router};
use crate::http::listener::{CONNECTIONS_MAX, ListenError, Listener};
use crate::sms::notice_pages::NoticePages;
use crate::sms::receipt_page::ReceiptPage;
use axum::http::HeaderMap;
use hotlined_instance::metrics;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What the pages of messages need.
pub(super) struct MessagePages {
    /// The channel to the event loop.
    pub(super) to_loop: mpsc::Sender<MessageInput>,
    /// The page for receipts, if receipts are taken.
    pub(super) receipts: Option<ReceiptPage>,
}

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
    pub(super) fn start(self, ring: Arc<EventRing>, messages: MessagePages) {
        let Self { listener, settings } = self;
        metrics::STREAMS.gauge(&[]).set(0.0);
        ["client", "slow"].iter().for_each(|why| metrics::STREAMS_ENDED.counter(&[why]).increment(0));
        ["token", "full"].iter().for_each(|why| metrics::STREAMS_REFUSED.counter(&[why]).increment(0));
        tracing::info!(address = %listener.address(), "events at /events, screen pop at /pop, messages at /notices");
        if settings.tokens.is_empty() {
            tracing::warn!("[api] has no tokens: nobody can see events");
        }
        let tokens = settings.tokens.clone();
        let authorize = move |headers: &HeaderMap| {
            access_token::of_request(&tokens, headers).is_some_and(|token| token.notices)
        };
        let notices = NoticePages { authorize: Arc::new(authorize), to_loop: messages.to_loop };
        let receipts = messages.receipts.map(ReceiptPage::router).unwrap_or_default();
        let more = notices.router().merge(receipts);
        tokio::spawn(listener.serve(router(settings, ring, more), STREAMS_MAX + CONNECTIONS_MAX));
    }
}
