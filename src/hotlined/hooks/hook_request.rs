//! One request to the receiver of a hook, and what its answer means.

use super::address_filter::{AddressFilter, check_literal};
use super::hook_settings::HookSettings;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::metrics;
use hotlined_notify::http::retry_after;
use hotlined_notify::webhook::{
    HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, HookOutcome, read_answer, sign,
};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a connection to a receiver may take to be made.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const IDLE_TIME_MAX: Duration = Duration::from_secs(60);
/// The most bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long the rest of an answer is read, after its status has decided, so that the connection can be used again.
const REST_TIME_MAX: Duration = Duration::from_secs(1);
/// The longest reason in a log, in characters.
const REASON_CHARS_MAX: usize = 300;

/// The client of one hook. Clones share connections and state.
#[derive(Clone, Debug)]
pub struct HookClient {
    /// The settings of the hook.
    pub hook: Arc<HookSettings>,
    http: reqwest::Client,
    /// Whether the receiver answered 410: it wants no more events.
    disabled: Arc<AtomicBool>,
}

/// The HTTP client of a hook cannot be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "[hooks.{hook}] the HTTP client cannot be made (are the certificates of authorities installed?): {why}"
)]
pub struct HookClientError {
    hook: Arc<str>,
    why: String,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// The receiver has the event.
    Taken,
    /// The receiver has it not, and may have it later: after this time at the earliest.
    Later {
        /// The wait that the receiver asks for.
        wait: Option<Millis>,
        /// Why it has it not.
        reason: String,
    },
    /// The receiver wants no more events at all.
    Gone,
}

/// The status and the beginning of the body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// How long the receiver asks to wait.
    pub retry_after: Option<Millis>,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
}

impl HookClient {
    /// The client of a hook.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(hook: Arc<HookSettings>) -> Result<Self, HookClientError> {
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            .connect_timeout(CONNECT_TIME_MAX)
            .pool_idle_timeout(IDLE_TIME_MAX)
            .user_agent(concat!("hotlined/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(AddressFilter { allow: hook.allow.clone() }));
        // Without TLS no certificates are needed, and a machine may have none.
        let builder = if hook.url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        let error = |error: reqwest::Error| HookClientError { hook: hook.name.clone(), why: reason(error) };
        let http = builder.build().map_err(error)?;
        metrics::HOOK_DISABLED.gauge(&[&hook.name]).set(0.0);
        metrics::HOOK_WAITING.gauge(&[&hook.name]).set(0.0);
        Ok(Self { hook, http, disabled: Arc::default() })
    }

    /// Whether the receiver wants no more events.
    pub fn is_disabled(&self) -> bool {
        self.disabled.load(Ordering::Relaxed)
    }

    /// Sends events again to a receiver that wanted no more.
    pub fn enable(&self) {
        if self.disabled.swap(false, Ordering::Relaxed) {
            metrics::HOOK_DISABLED.gauge(&[&self.hook.name]).set(0.0);
            tracing::info!(hook = %self.hook.name, "events are sent to the web hook again");
        }
    }

    fn disable(&self) {
        if !self.disabled.swap(true, Ordering::Relaxed) {
            metrics::HOOK_DISABLED.gauge(&[&self.hook.name]).set(1.0);
            tracing::error!(
                hook = %self.hook.name,
                "the web hook answered 410 Gone: nothing is sent to it until a reload or restart"
            );
        }
    }

    /// Sends a body once and says what the answer means.
    pub async fn send(&self, message_id: &str, body: String, timeout: Duration) -> HookAnswer {
        let answer = match self.post(message_id, body, timeout).await {
            Ok((answer, rest)) => {
                let meaning = self.meaning(&answer);
                if let Some(rest) = rest {
                    // Read aside: the status has decided.
                    drop(tokio::spawn(tokio::time::timeout(REST_TIME_MAX, read_body(rest))));
                }
                meaning
            }
            Err(error) => {
                self.count("failed");
                HookAnswer::Later { wait: None, reason: reason_of(&*error) }
            }
        };
        if answer == HookAnswer::Gone {
            self.disable();
        }
        answer
    }

    /// Sends a body once and reads the whole answer.
    ///
    /// # Errors
    /// If there was no answer: the text says why.
    pub async fn try_once(&self, message_id: &str, body: String) -> Result<RawAnswer, String> {
        let request = async {
            let (mut answer, rest) = self.post(message_id, body, self.hook.timeout).await?;
            if let Some(rest) = rest {
                answer.body = read_body(rest).await;
            }
            Ok(answer)
        };
        request.await.map_err(|error: Box<dyn Error + Send + Sync>| reason_of(&*error))
    }

    /// What an answer means.
    pub fn meaning(&self, answer: &RawAnswer) -> HookAnswer {
        let reason = format!("status {}", answer.status);
        match read_answer(answer.status, answer.retry_after) {
            HookOutcome::Delivered => {
                self.count("taken");
                HookAnswer::Taken
            }
            HookOutcome::Gone => {
                self.count("gone");
                HookAnswer::Gone
            }
            HookOutcome::Throttled { retry_after: wait } => {
                self.count("throttled");
                HookAnswer::Later { wait, reason }
            }
            HookOutcome::Failed { retry_after: wait } => {
                self.count("refused");
                HookAnswer::Later { wait, reason }
            }
        }
    }

    /// The head of the answer, and the rest that is not read yet.
    async fn post(
        &self,
        message_id: &str,
        body: String,
        timeout: Duration,
    ) -> Result<(RawAnswer, Option<reqwest::Response>), Box<dyn Error + Send + Sync>> {
        check_literal(&self.hook.url, &self.hook.allow)?;
        let now_s = unix_seconds();
        let signatures = sign(&self.hook.secrets, message_id, now_s, body.as_bytes());
        let request = self
            .http
            .post(self.hook.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_ID, message_id)
            .header(HEADER_TIMESTAMP, now_s)
            .header(HEADER_SIGNATURE, signatures);
        let response =
            request.timeout(timeout).body(body).send().await.map_err(reqwest::Error::without_url)?;
        let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let answer = RawAnswer {
            status: response.status().as_u16(),
            retry_after: asked.and_then(|text| retry_after(text, Instant(now_s.saturating_mul(1_000)))),
            body: Vec::new(),
        };
        Ok((answer, Some(response)))
    }

    fn count(&self, result: &str) {
        metrics::HOOK_TRIES.counter(&[&self.hook.name, result]).increment(1);
    }
}

/// Reads the body of an answer up to a limit. A connection with more than that is closed.
async fn read_body(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = ANSWER_BYTES_MAX - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if body.len() >= ANSWER_BYTES_MAX {
            break;
        }
    }
    body
}

/// Why there was no answer, without the URL, which may contain a secret.
fn reason(error: reqwest::Error) -> String {
    reason_of(&error.without_url())
}

/// An error and its causes.
fn reason_of(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.chars().take(REASON_CHARS_MAX).collect()
}

fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}
