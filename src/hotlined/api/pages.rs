//! The pages of the API address. Every refusal says its reason in plain text.

use super::access_token::{self, AccessToken};
use super::api_settings::ApiSettings;
use super::event_ring::EventRing;
use super::event_stream::{self, StreamFilter};
use super::screen_pop::{PAGE, POLICY, SCRIPT, STYLE};
use crate::http::listener::Connection;
use crate::http::request_body::refuse_body;
use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hotlined_instance::metrics;
use std::sync::Arc;
use tokio::sync::Semaphore;
use url::form_urlencoded;

/// The most streams at a time.
pub const STREAMS_MAX: usize = 256;
/// The headers of every answer: nothing is stored, guessed or told to another site.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
];

/// What the pages need.
struct Api {
    settings: ApiSettings,
    ring: Arc<EventRing>,
    streams: Arc<Semaphore>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("send the header Authorization: Bearer TOKEN, with a token of the settings")]
    NoToken,
    #[error("the token may not see this agent or hotline")]
    NotForToken,
    #[error("the query can have agent and hotline, each once")]
    Query,
    #[error("as many streams as may be are open")]
    Full,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::NotForToken => StatusCode::FORBIDDEN,
            Self::Query => StatusCode::BAD_REQUEST,
            Self::Full => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = (status, format!("{self}\n")).into_response();
        if self == Self::NoToken {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The pages. `ring` has the events. The pages of `more` take bodies.
pub fn router(settings: ApiSettings, ring: Arc<EventRing>, more: Router) -> Router {
    let api = Arc::new(Api { settings, ring, streams: Arc::new(Semaphore::new(STREAMS_MAX)) });
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route("/events", get(events))
        .route("/pop", file("text/html; charset=utf-8", PAGE))
        .route("/pop/page.js", file("text/javascript; charset=utf-8", SCRIPT))
        .route("/pop/page.css", file("text/css; charset=utf-8", STYLE))
        .route("/pop/config", get(pop_config))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there are /events and /pop\n") })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n") })
        .with_state(api)
        .layer(from_fn(refuse_body))
        .merge(more)
        .layer(from_fn(with_headers))
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The token of a request.
fn authorized<'a>(api: &'a Api, headers: &HeaderMap) -> Result<&'a AccessToken, Refusal> {
    access_token::of_request(&api.settings.tokens, headers).ok_or(Refusal::NoToken)
}

async fn events(
    State(api): State<Arc<Api>>,
    connection: Option<Extension<Arc<Connection>>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let refused = |why: &str| metrics::STREAMS_REFUSED.counter(&[why]).increment(1);
    let token = authorized(&api, &headers).inspect_err(|_| refused("token"))?;
    let filter = stream_filter(token, uri.query().unwrap_or_default()).inspect_err(|_| refused("token"))?;
    let Ok(place) = api.streams.clone().try_acquire_owned() else {
        refused("full");
        return Err(Refusal::Full);
    };
    let last_id = headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default());
    tracing::debug!(token = %token.name, agent = filter.agent, hotline = filter.hotline, "a stream begins");
    let (body, progress) = event_stream::open(api.ring.clone(), filter, last_id, place);
    if let Some(Extension(connection)) = connection {
        connection.lasts_until(move || progress.is_too_slow());
    }
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    // A proxy such as nginx must not collect events.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// What a stream shows. An agent or hotline that the token may not see is refused: an empty stream would look like a
/// quiet day.
fn stream_filter(token: &AccessToken, query: &str) -> Result<StreamFilter, Refusal> {
    let mut filter = StreamFilter { view: token.view.clone(), agent: None, hotline: None };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*name {
            "agent" => &mut filter.agent,
            "hotline" => &mut filter.hotline,
            _ => return Err(Refusal::Query),
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(Refusal::Query);
        }
    }
    let agent_fits = filter.agent.as_deref().is_none_or(|agent| token.view.shows_agent(agent));
    let hotline_fits = filter.hotline.as_deref().is_none_or(|hotline| token.view.shows_hotline(hotline));
    if agent_fits && hotline_fits { Ok(filter) } else { Err(Refusal::NotForToken) }
}

async fn pop_config(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Response, Refusal> {
    authorized(&api, &headers)?;
    let url = api.settings.screen_pop.as_ref().map(|url| url.as_str());
    let body = serde_json::json!({ "url": url }).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}
