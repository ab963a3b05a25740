//! What the protocols of all gateways have in common.

use super::arrived::Arrived;
use hotlined_core::time::Instant;
use hotlined_notify::http::HttpAnswer;

/// What a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) to: String,
    pub(super) our_id: Option<String>,
    pub(super) text: Option<String>,
    pub(super) template: Option<String>,
    pub(super) params: Vec<(String, String)>,
    pub(super) receipt_url: Option<String>,
    /// A text that may come only once, where the protocol has one.
    pub(super) nonce: Option<String>,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// The method, path, version or type of the body.
    Address,
    /// The signature, or the key, does not fit what arrived.
    Signature,
    /// The time of the request is too far from the gateway's.
    Clock,
    /// A nonce came twice.
    Replay,
    /// A parameter is missing or not in its form.
    Parameter(&'static str),
    /// The recipient is no mobile.
    Number,
}

/// The refusals that every gateway knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Throttled,
    Retry,
    Rejected,
    Configuration,
    Balance,
}

/// One gateway's protocol.
pub(super) trait Protocol {
    /// Reads a request, and checks it as strictly as the gateway does.
    fn read(&self, arrived: &Arrived<'_>, now: Instant) -> Result<Submission, Problem>;
    /// The answer to a request that was taken.
    fn accepted(&self, id: &str, submission: &Submission) -> HttpAnswer;
    /// The answer to a request that is wrong.
    fn wrong(&self, problem: Problem) -> HttpAnswer;
    /// The answer to a request that was not taken although it is right.
    fn refused(&self, trouble: Trouble) -> HttpAnswer;
    /// A receipt: the type and the bytes of the body.
    fn receipt(&self, id: &str, submission: &Submission, is_delivered: bool) -> (&'static str, Vec<u8>);
}

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// An answer with JSON.
pub(super) fn json(status: u16, body: &serde_json::Value) -> HttpAnswer {
    HttpAnswer { status, retry_after: None, body: body.to_string().into_bytes() }
}

/// The parameter, if it is there.
pub(super) fn needed<'a>(name: &'static str, value: &'a str) -> Result<&'a str, Problem> {
    if value.is_empty() { Err(Problem::Parameter(name)) } else { Ok(value) }
}

/// Refuses what does not hold.
pub(super) fn ensure(holds: bool, problem: Problem) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(problem) }
}
