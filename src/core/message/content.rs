//! One message: whole, so that sending it needs nothing of the hotline any more.

use super::quiet_hours::QuietHours;
use super::rules::{Digest, MessageLimits};
use super::text::signed;
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
    /// The number of the call event that says that the message was sent; the next number is free for what its receipt says.
    pub sequence: u32,
}

impl Message {
    /// The signature and the text, as gateways without templates need them.
    pub fn signed_text(&self) -> String {
        signed(&self.sign, &self.text)
    }
}
