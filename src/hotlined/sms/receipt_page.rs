//! `POST /receipts/TOKEN/NAME`: where gateways tell what became of messages.

use super::gateways_file::ConfiguredGateway;
use crate::daemon::message_gateways::MessageInput;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hotlined_instance::messages::ReceiptCounts;
use hotlined_instance::metrics;
use hotlined_notify::Secret;
use hotlined_notify::sms::{Gateway, RECEIPTS_BYTES_MAX};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// What the page needs.
pub(crate) struct ReceiptPage {
    /// The SHA-256 of the token in the path.
    token: [u8; 32],
    gateways: BTreeMap<Arc<str>, Arc<Gateway>>,
    to_loop: mpsc::Sender<MessageInput>,
    /// Whether another daemon may have the message of a receipt.
    has_others: bool,
}

impl ReceiptPage {
    /// A page for the receipts of these gateways, behind this token.
    pub(crate) fn new(
        token: &Secret,
        gateways: &[ConfiguredGateway],
        to_loop: mpsc::Sender<MessageInput>,
        has_others: bool,
    ) -> Self {
        let gateways = gateways.iter().map(|one| (one.name.clone(), one.gateway.clone())).collect();
        Self { token: Sha256::digest(token.expose().as_bytes()).into(), gateways, to_loop, has_others }
    }

    /// The page.
    pub(crate) fn router(self) -> Router {
        // Some gateways ask with GET whether the address is there.
        Router::new().route("/receipts/{token}/{gateway}", any(receive)).with_state(Arc::new(self))
    }
}

async fn receive(
    State(page): State<Arc<ReceiptPage>>,
    Path((token, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    // The hashes have one length, and tell nothing of the token by the time that comparing takes.
    let is_token = <[u8; 32]>::from(Sha256::digest(token.as_bytes())) == page.token;
    let Some(gateway) = page.gateways.get(&*name).filter(|_| is_token) else {
        count(&page, &name, "refused");
        return (StatusCode::NOT_FOUND, "there is no such page\n").into_response();
    };
    if request.method() != Method::POST && request.method() != Method::PUT {
        return answer(gateway);
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let Ok(body) = to_bytes(request.into_body(), RECEIPTS_BYTES_MAX).await else {
        count(&page, &name, "unreadable");
        return (StatusCode::PAYLOAD_TOO_LARGE, "too many receipts at once\n").into_response();
    };
    take(&page, &name, gateway, &kind, body).await
}

async fn take(page: &ReceiptPage, name: &str, gateway: &Gateway, kind: &str, body: Bytes) -> Response {
    let receipts = match gateway.read_receipts(kind, &body) {
        Ok(receipts) => receipts,
        Err(error) => {
            count(page, name, "unreadable");
            tracing::warn!(gateway = name, %error, "a receipt cannot be read");
            return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response();
        }
    };
    let (counted, answered) = oneshot::channel();
    let input = MessageInput::Receipts { gateway: name.into(), receipts, counted };
    let is_taken = page.to_loop.send(input).await.is_ok();
    let Some(ReceiptCounts { known, early, unknown }) = answered.await.ok().filter(|_| is_taken) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping: try again\n").into_response();
    };
    if early > 0 {
        // It is not saved before the gateway has answered: a daemon that is killed now must get it again.
        count(page, name, "early");
        return (StatusCode::SERVICE_UNAVAILABLE, "your answer is still to come: try again\n")
            .into_response();
    }
    if unknown > 0 && page.has_others {
        // The gateway tries again, and may reach the daemon that has the message.
        count(page, name, "of_others");
        return (StatusCode::SERVICE_UNAVAILABLE, "another daemon may have this message: try again\n")
            .into_response();
    }
    count(page, name, if known > 0 { "known" } else { "unknown" });
    answer(gateway)
}

/// What the gateway wants to hear.
fn answer(gateway: &Gateway) -> Response {
    let answer = gateway.receipt_answer();
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    if let Ok(kind) = HeaderValue::from_str(&answer.content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

fn count(page: &ReceiptPage, name: &str, what: &str) {
    // A name from outside is no label.
    let name = if page.gateways.contains_key(name) { name } else { "none" };
    metrics::RECEIPTS.counter(&[name, what]).increment(1);
}
