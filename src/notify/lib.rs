//! Messages by SMS and web hooks as HTTP: which request sends a message, and what an answer or a receipt means. Pure:
//! no socket, no clock, no chance. The daemon sends what is made here; the simulator hands it to a fake gateway.
//!
//! # SMS
//! - [`sms::Gateway`]: one gateway with its settings ([`sms::Alibaba`], [`sms::Tencent`], [`sms::Huawei`],
//!   [`sms::Yunpian`], [`sms::Mas`], [`sms::GenericGateway`]).
//!   - `check()` before a port opens; [`sms::GenericGateway::new`] checks by itself.
//!   - `request(&SmsRequest, &RequestContext) -> Result<HttpRequest, RequestError>`; `RequestError::refusal()` is the
//!     refusal that stands for the error. Each attempt needs a new request: signatures have the time in them.
//!   - `read_answer(&HttpAnswer) -> SendOutcome`. What cannot be understood is
//!     [`Unknown`](hotlined_core::message::sending::SendOutcome::Unknown) unless its status says otherwise. The sender
//!     makes `Unknown` (something was sent) and `NotSent` (nothing was) by itself when there is no answer.
//!   - `read_receipts(content_type, body) -> Result<Vec<Receipt>, ReceiptError>` and `receipt_answer()`.
//! - [`http::HttpRequest`] is sent as it is. `Host` is the URL's authority and is signed; redirects must not be followed.
//! - [`http::retry_after`] reads the header for [`http::HttpAnswer`]. Read at most [`http::ANSWER_BYTES_MAX`] bytes and
//!   one more.
//! - [`Secret`] holds a key and prints as `Secret`. `Debug` of requests and answers shows no header, query or body.
//!
//! # Web hooks
//! - [`webhook::sign`], [`webhook::verify`], [`webhook::WebhookSecret`]: Standard Webhooks 1.0.0.
//! - [`webhook::next_attempt`]: when an event is sent again. [`webhook::read_answer`]: what a status means.
//! - [`webhook::AllowedNetworks::permits`]: whether an address may be connected to, after DNS.
//!
//! # Example
//! ```
//! use hotlined_core::message::sending::SendOutcome;
//! use hotlined_notify::http::HttpAnswer;
//! use hotlined_notify::sms::{Gateway, Yunpian};
//!
//! let yunpian = Yunpian { url: Yunpian::URL.into(), api_key: "key".into(), sign: "示例商店".into() };
//! let gateway = Gateway::Yunpian(yunpian);
//! gateway.check().expect("the settings are good");
//! let body = br#"{"code":0,"msg":"ok","sid":9527}"#.to_vec();
//! let outcome = gateway.read_answer(&HttpAnswer { status: 200, retry_after: None, body });
//! assert_eq!(outcome, SendOutcome::Accepted { id: Some("9527".into()) });
//! ```
//!
//! Absent: which message goes when and how often (`hotlined-instance`), sockets (`hotlined`).

mod digest;
mod encoding;
pub mod http;
mod secret;
pub mod sms;
pub mod webhook;

pub use secret::Secret;
