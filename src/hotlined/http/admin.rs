//! The pages for monitoring. Each page is rendered from data in memory: no page waits for the event loop.

use super::request_body::refuse_body;
use crate::metrics_registry::CONTENT_TYPE;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hotlined_instance::health::Health;
use std::sync::Arc;
use std::time::Instant;

/// Renders the metrics page.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The pages. A request with a body, or with another method than `GET` or `HEAD`, is refused. Every refusal says its
/// reason in plain text.
pub fn router(health: Arc<Health>, render_metrics: RenderMetrics) -> Router {
    let alive_health = health.clone();
    let alive = move || {
        let reasons = alive_health.not_alive(Instant::now());
        async move { health_response("alive", reasons) }
    };
    let ready = move || {
        let reasons = health.not_ready(Instant::now());
        async move { health_response("ready", reasons) }
    };
    let metrics = move || {
        let page = render_metrics();
        async move { ([(header::CONTENT_TYPE, CONTENT_TYPE)], page) }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n") })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n") })
        .layer(from_fn(refuse_body))
}

/// Status 200 and one word if there is no reason against it, else status 503 and a line for each reason.
fn health_response(word: &str, reasons: impl IntoIterator<Item = String>) -> Response {
    let reasons: String = reasons.into_iter().map(|reason| reason + "\n").collect();
    if reasons.is_empty() {
        return format!("{word}\n").into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, reasons).into_response()
}
