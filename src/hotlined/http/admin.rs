//! The pages of whoever watches the daemon. A page is made of what is known already: nothing here waits for a call.

use crate::metrics_registry::CONTENT_TYPE;
use axum::Router;
use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hotlined_instance::health::Health;
use std::sync::Arc;
use std::time::Instant;

/// Makes the page of figures.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The pages. A body is refused, another method than `GET` or `HEAD` too, and every reason is said in words.
pub fn router(health: Arc<Health>, figures: RenderMetrics) -> Router {
    let live = health.clone();
    let alive = move || {
        let why = live.not_alive(Instant::now());
        async move { health_response("alive", why) }
    };
    let ready = move || {
        let why = health.not_ready(Instant::now());
        async move { health_response("ready", why) }
    };
    let metrics = move || {
        let page = figures();
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

/// 200 and a word, or 503 and a line for each reason.
fn health_response(well: &str, why: impl IntoIterator<Item = String>) -> Response {
    let why: String = why.into_iter().map(|reason| reason + "\n").collect();
    if why.is_empty() {
        return format!("{well}\n").into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}

async fn refuse_body(request: Request, next: Next) -> Response {
    if !request.body().is_end_stream() {
        return (StatusCode::PAYLOAD_TOO_LARGE, "no page here takes a body\n").into_response();
    }
    next.run(request).await
}
