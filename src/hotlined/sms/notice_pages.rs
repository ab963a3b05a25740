//! `GET /notices` and `POST /notices/retry`, `/notices/drop`: what an operator sees of messages, and orders.
//!
//! The command line uses these pages: see [`crate::cli::notices`].

use crate::daemon::message_gateways::MessageInput;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hotlined_instance::messages::{ListedMessage, MessageFilter, MessageOrder, OrderRefused};
use hotlined_instance::persist::outbox::DeliveryId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Whether the headers of a request have a token that may see and change messages.
pub(crate) type Authorize = Arc<dyn Fn(&HeaderMap) -> bool + Send + Sync>;

/// What the pages need.
#[derive(Clone)]
pub(crate) struct NoticePages {
    /// Who may ask.
    pub(crate) authorize: Authorize,
    /// The channel to the event loop.
    pub(crate) to_loop: mpsc::Sender<MessageInput>,
}

/// The answer of `GET /notices`.
#[derive(Debug, Serialize, Deserialize)]
pub struct NoticeList {
    /// The messages, at most [`LISTED_MAX`](hotlined_instance::messages::LISTED_MAX).
    pub messages: Vec<ListedMessage>,
    /// How many there are.
    pub count: usize,
}

/// Which message an order is about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeId {
    /// The id of the message.
    pub id: String,
}

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
enum NoticeError {
    #[error("send the header Authorization: Bearer TOKEN, with a token that has notices = true")]
    NoToken,
    #[error("the daemon is stopping: try again")]
    Stopping,
    #[error(transparent)]
    Refused(#[from] OrderRefused),
}

impl IntoResponse for NoticeError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused(OrderRefused::Unknown(_)) => StatusCode::NOT_FOUND,
            Self::Refused(OrderRefused::State { .. }) => StatusCode::CONFLICT,
        };
        (status, format!("{self}\n")).into_response()
    }
}

impl NoticePages {
    /// The pages.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/notices", get(list))
            .route("/notices/retry", post(retry))
            .route("/notices/drop", post(forget))
            .with_state(self)
    }

    fn check(&self, headers: &HeaderMap) -> Result<(), NoticeError> {
        if (self.authorize)(headers) { Ok(()) } else { Err(NoticeError::NoToken) }
    }

    async fn order(&self, id: String, order: MessageOrder) -> Result<(), NoticeError> {
        let masked = id.parse::<DeliveryId>().map(|id| id.masked()).unwrap_or_default();
        tracing::info!(id = masked, ?order, "an operator orders");
        let (result, answered) = oneshot::channel();
        let sent = self.to_loop.send(MessageInput::Order { id, order, result }).await;
        sent.map_err(|_| NoticeError::Stopping)?;
        Ok(answered.await.map_err(|_| NoticeError::Stopping)??)
    }
}

async fn list(
    State(pages): State<NoticePages>,
    headers: HeaderMap,
    Query(filter): Query<MessageFilter>,
) -> Result<Json<NoticeList>, NoticeError> {
    pages.check(&headers)?;
    let (listed, answered) = oneshot::channel();
    let sent = pages.to_loop.send(MessageInput::List { filter, listed }).await;
    sent.map_err(|_| NoticeError::Stopping)?;
    let (messages, count) = answered.await.map_err(|_| NoticeError::Stopping)?;
    Ok(Json(NoticeList { messages, count }))
}

async fn retry(
    State(pages): State<NoticePages>,
    headers: HeaderMap,
    Json(NoticeId { id }): Json<NoticeId>,
) -> Result<&'static str, NoticeError> {
    pages.check(&headers)?;
    pages.order(id, MessageOrder::Retry).await?;
    Ok("it is sent again\n")
}

async fn forget(
    State(pages): State<NoticePages>,
    headers: HeaderMap,
    Json(NoticeId { id }): Json<NoticeId>,
) -> Result<&'static str, NoticeError> {
    pages.check(&headers)?;
    pages.order(id, MessageOrder::Drop).await?;
    Ok("it is dropped\n")
}
