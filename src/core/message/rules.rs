//! What is told when: the `[sms]` section of a hotline.

use super::outcome::CallOutcome;
use super::quiet_hours::QuietHours;
use super::text::MessageText;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The text of a missed call (漏话短信), in the fixed form of the trade.
pub const MISSED_TEXT: &str = "漏话通知:{time},主叫{caller_masked}拨打过您的电话。";
/// The text of a digest.
pub const DIGEST_TEXT: &str = "漏话通知:{since}以来共{count}个电话未接通,最近{time},主叫{caller_masked}。";
/// The longest name of a template.
pub const TEMPLATE_NAME_CHARS_MAX: usize = 32;

/// The messages of a hotline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SmsRules {
    /// The signature (签名), without brackets. Empty: the gateways have one of their own.
    pub sign: Arc<str>,
    /// The mobiles of the business.
    pub owner: Vec<Arc<str>>,
    /// How `{caller_masked}` shows a number.
    pub mask: Mask,
    /// When no message is sent.
    pub quiet: Option<QuietHours>,
    /// How many messages are sent.
    pub limits: MessageLimits,
    /// The names of the gateways in the order in which they are tried; all gateways of the daemon if empty.
    pub gateways: Vec<Arc<str>>,
    /// What is told.
    pub rules: Vec<MessageRule>,
}

/// One message: after which calls, to whom, in which words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRule {
    /// The name, and the name of the template at gateways that take only templates.
    pub template: Arc<str>,
    /// After which calls.
    pub on: BTreeSet<CallOutcome>,
    /// To whom.
    pub to: Vec<Recipient>,
    /// The text.
    pub text: MessageText,
    /// How long the message is worth sending.
    pub lifetime: Millis,
    /// What is sent instead of many messages.
    pub digest: Option<Digest>,
}

/// One message instead of many, so that gateways do not throttle a busy owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// The name of its template.
    pub template: Arc<str>,
    /// Its text. `{count}` is the number of calls, `{since}` the time of the first.
    pub text: MessageText,
    /// More messages than this to one number within 24 hours are put together.
    pub above: u32,
    /// How long messages are put together.
    pub every: Millis,
}

/// Who gets a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The caller.
    Caller,
    /// The agent who talked; without a talk, each agent who was tried.
    Agent,
    /// The mobiles of the business.
    Owner,
    /// This mobile.
    Number(Arc<str>),
}

impl Recipient {
    /// The word, or the number, as in hotline files.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Caller => "caller",
            Self::Agent => "agent",
            Self::Owner => "owner",
            Self::Number(number) => number,
        }
    }
}

/// How many messages are sent. Each span of 24 hours counts, not each day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageLimits {
    /// The most messages to one number within an hour.
    pub number_hour_max: u32,
    /// The most messages to one number within 24 hours.
    pub number_day_max: u32,
    /// The most messages of the hotline within 24 hours.
    pub day_max: u32,
}

/// Alibaba Cloud takes 50 notices a day for one signature, template and number.
impl Default for MessageLimits {
    fn default() -> Self {
        Self { number_hour_max: 50, number_day_max: 50, day_max: 10_000 }
    }
}

/// How a number is shown in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// The area code, or the first three digits, and stars: `010********`.
    #[default]
    End,
    /// The first three and the last four digits, with stars between: `138****8000`.
    Middle,
    /// The whole number.
    None,
}

impl Mask {
    /// The number as this mask shows it.
    pub fn apply(self, number: &str, area_code_digits: usize) -> String {
        const ENDS: (usize, usize) = (3, 4);
        let length = number.chars().count();
        let head = area_code_digits.max(ENDS.0);
        let (head, tail) = match self {
            Self::None => return number.to_owned(),
            Self::End => (head, 0),
            Self::Middle if length > head + ENDS.1 => (head, ENDS.1),
            Self::Middle => (head, 0),
        };
        let show = |at: usize| at < head || at + tail >= length;
        number.chars().enumerate().map(|(at, digit)| if show(at) { digit } else { '*' }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_hides_the_end_or_the_middle() {
        for (mask, number, area, shown) in [
            (Mask::End, "01088886666", 3, "010********"),
            (Mask::End, "13800138000", 0, "138********"),
            (Mask::End, "075588886666", 4, "0755********"),
            (Mask::Middle, "13800138000", 0, "138****8000"),
            (Mask::Middle, "075588886666", 4, "0755****6666"),
            (Mask::Middle, "95588", 0, "955**"),
            (Mask::None, "13800138000", 0, "13800138000"),
            (Mask::End, "", 0, ""),
        ] {
            assert_eq!(mask.apply(number, area), shown);
        }
    }
}
