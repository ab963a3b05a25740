//! Refuses requests that have a body, for pages that take none.

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Answers a request that has a body with status 413, and hands on every other.
pub async fn refuse_body(request: Request, next: Next) -> Response {
    if !request.body().is_end_stream() {
        return (StatusCode::PAYLOAD_TOO_LARGE, "no page here takes a body\n").into_response();
    }
    next.run(request).await
}
