//! A message for tests.

use super::request::{RequestContext, SmsRequest};
use crate::http::HttpAnswer;
use hotlined_core::message::sending::{RefusalClass, SendOutcome};
use hotlined_core::message::{Message, MessageLimits};
use hotlined_core::time::{Instant, Millis};

pub(crate) fn message() -> Message {
    Message {
        call: "1700000000.1".parse().unwrap(),
        switch: hotlined_core::id::SwitchId("a".into()),
        hotline: "4008001234".into(),
        template: "missed".into(),
        to: "13800138000".into(),
        sign: "".into(),
        text: "漏话通知:3月27日9时18分,主叫010********拨打过您的电话。".into(),
        values: [("time", "3月27日9时18分"), ("caller_masked", "010********")]
            .map(|(name, value)| (name.into(), value.to_owned()))
            .into(),
        decided: Instant(1_790_820_184_000),
        lifetime: Millis(3_600_000),
        quiet: None,
        limits: MessageLimits::default(),
        gateways: Vec::new(),
        digest: None,
        sequence: 9,
    }
}

pub(crate) fn request<'a>(message: &'a Message, id: &str) -> SmsRequest<'a> {
    SmsRequest { id: id.to_owned(), message, receipt_url: None }
}

pub(crate) fn context() -> RequestContext {
    RequestContext { now: Instant(1_790_820_184_000), nonce: "0a1b2c".into() }
}

pub(crate) fn answer(status: u16, body: &str) -> HttpAnswer {
    HttpAnswer { status, retry_after: None, body: body.as_bytes().to_vec() }
}

/// The class of a refusal; none if it is unknown what became of the message.
pub(crate) fn class(outcome: &SendOutcome) -> Option<RefusalClass> {
    match outcome {
        SendOutcome::Refused(refusal) => Some(refusal.class),
        SendOutcome::Unknown { .. } => None,
        SendOutcome::Accepted { .. } | SendOutcome::NotSent { .. } => panic!("{outcome:?}"),
    }
}
