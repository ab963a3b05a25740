//! Messages by SMS: what a call causes to be told, to whom, in which words.
//!
//! A [`MessageRule`] of the hotline file says which outcome of a call is told to whom. [`due`] makes the [`Message`]s of
//! a call when the call ends. A message is whole: sending it needs nothing of the hotline any more. [`sending`] has
//! the answers of gateways.
//!
//! Absent: gateways, their protocols, and when a message is sent.

mod clock_time;
mod due;
mod outcome;
mod quiet_hours;
mod rules;
mod segments;
pub mod sending;
mod text;

pub use clock_time::{china_minute_of_day, china_time};
pub use due::{caller_in_words, due};
pub use outcome::CallOutcome;
pub use quiet_hours::{InvalidQuietHours, QuietHours, QuietThen};
pub use rules::{
    DIGEST_TEXT, Digest, MISSED_TEXT, Mask, MessageLimits, MessageRule, Recipient, SmsRules,
    TEMPLATE_NAME_CHARS_MAX,
};
pub use segments::{Segments, segments};
pub use text::{InvalidText, MessageText, TEXT_CHARS_MAX, Value};

use crate::id::{CallId, SwitchId};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message that a call caused. No other message has the same call, template and recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The call.
    pub call: CallId,
    /// The switch of the call.
    pub switch: SwitchId,
    /// The hotline.
    pub hotline: Arc<str>,
    /// The name of the rule, and of the template at gateways that take only templates.
    pub template: Arc<str>,
    /// The mobile number the message goes to.
    pub to: Arc<str>,
    /// The signature (签名), without brackets.
    pub sign: Arc<str>,
    /// The text, without signature.
    pub text: String,
    /// The value of each variable, for templates.
    pub values: BTreeMap<Arc<str>, String>,
    /// When the call ended.
    pub decided: Instant,
    /// How long after `decided`, or after the quiet hours, the message is worth sending.
    pub lifetime: Millis,
    /// When no message is sent.
    pub quiet: Option<QuietHours>,
    /// How many messages are sent.
    pub limits: MessageLimits,
    /// The names of the gateways, in the order in which they are tried; all gateways if empty.
    pub gateways: Vec<Arc<str>>,
    /// What is sent instead of many messages.
    pub digest: Option<Digest>,
    /// The number of the call event that says that the message was sent; the next number is free for a later failure.
    pub sequence: u32,
}

impl Message {
    /// The signature and the text, as gateways without templates need them.
    pub fn signed_text(&self) -> String {
        if self.sign.is_empty() { self.text.clone() } else { format!("【{}】{}", self.sign, self.text) }
    }
}
