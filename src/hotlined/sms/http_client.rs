//! The HTTP client for SMS gateways.

use hotlined_core::time::Instant;
use hotlined_notify::http::{ANSWER_BYTES_MAX, HttpAnswer, HttpRequest, retry_after};
use std::error::Error as _;
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Exchange {
    /// An answer came.
    Answered(HttpAnswer),
    /// Nothing was sent.
    NotSent(String),
    /// Something may have been sent, and no whole answer came.
    Lost(String),
}

/// A client. It follows no redirect, and makes a new connection for each request: on a connection that is kept, the
/// other side may close while a request is on its way, and then nobody knows whether the message was taken.
///
/// # Errors
/// If the system gives no certificates of authorities.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_TIME_MAX)
        .http1_only()
        .user_agent(concat!("hotlined/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Sends a request and reads its answer, within this time.
pub(crate) async fn exchange(
    client: &reqwest::Client,
    request: &HttpRequest,
    timeout: Duration,
    now: Instant,
) -> Exchange {
    let method = match reqwest::Method::from_bytes(request.method.as_bytes()) {
        Ok(method) => method,
        Err(error) => return Exchange::NotSent(error.to_string()),
    };
    let mut builder = client.request(method, &request.url).timeout(timeout).body(request.body.clone());
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let mut response = match builder.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => return Exchange::NotSent(reason(error)),
        Err(error) => return Exchange::Lost(reason(error)),
    };
    let header = response.headers().get(reqwest::header::RETRY_AFTER);
    let retry_after = header.and_then(|header| retry_after(header.to_str().ok()?, now));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Exchange::Lost(reason(error)),
        }
        if body.len() > ANSWER_BYTES_MAX {
            break;
        }
    }
    Exchange::Answered(HttpAnswer { status, retry_after, body })
}

/// Why a request failed, without its address: keys and numbers may be in it.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        reason = format!("{reason}: {inner}");
        source = inner.source();
    }
    reason
}
