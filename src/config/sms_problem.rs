//! What is wrong with a section `[sms]`.

use super::limits::SIGN_CHARS_MAX;
use crate::source_position::Hint;
use hotlined_core::message::{InvalidQuietHours, InvalidText};

/// What is wrong with a section `[sms]`. The text names the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmsProblem {
    /// The number gets no messages.
    #[error(
        "{found:?} is {kind}, and only mobiles of the mainland get messages: write eleven digits that begin with 1"
    )]
    NoMobile {
        /// The text in the file, shortened.
        found: String,
        /// What the number is instead.
        kind: &'static str,
    },
    /// The text is no recipient.
    #[error("{found:?} is no recipient{hint}")]
    Recipient {
        /// The text in the file, shortened.
        found: String,
        /// The recipients.
        hint: Hint,
    },
    /// A message goes to the owner, and there is none.
    #[error("goes to the owner, and [sms] names none: write owner = \"139…\" there, or a mobile here")]
    NoOwner,
    /// The section sends no message.
    #[error("sends no message: write owner = \"139…\" for the missed-call message, or add [[sms.messages]]")]
    Nothing,
    /// The list is empty.
    #[error("is an empty list: {0}")]
    Empty(&'static str),
    /// The list is too long.
    #[error("are {count}: at most {max} are taken")]
    TooMany {
        /// The number in the file.
        count: usize,
        /// The greatest allowed number.
        max: usize,
    },
    /// Two messages have the same name.
    #[error("{template:?} is already the template in line {first}: each message needs its own")]
    TemplateTwice {
        /// The name.
        template: String,
        /// The line of the first message with the name.
        first: usize,
    },
    /// The text is invalid.
    #[error("{0}")]
    Text(#[from] InvalidText),
    /// The variable exists only in a digest.
    #[error("{{{0}}} is only in a digest: a message tells one call")]
    OnlyInDigest(String),
    /// No node of the flow stores this.
    #[error("{{entered.{found}}}: no node of type collect stores {found:?}{hint}")]
    NotEntered {
        /// The name in the file, shortened.
        found: String,
        /// The names that nodes store.
        hint: Hint,
    },
    /// The signature is invalid.
    #[error(
        "must have 1 to {SIGN_CHARS_MAX} characters, no control characters, and no 【 or 】, which are put round it"
    )]
    Sign,
    /// The text is no span of quiet hours.
    #[error("{0}")]
    Quiet(#[from] InvalidQuietHours),
    /// `quiet_then` without `quiet`.
    #[error("stands without quiet: write such as quiet = \"22:00-08:00\", or take it away")]
    NoQuiet,
    /// The message is put together, and nothing is.
    #[error("is true, and digest_above is 0, so that nothing is put together: change one of them")]
    NoDigest,
    /// There is no signature.
    #[error(
        "has no sign, and carriers take no message without one: write sign = \"…\", unless the gateway adds it"
    )]
    NoSign,
    /// The message is charged more than once.
    #[error(
        "comes to {units} characters, which are charged as {segments} messages: 70 with the signature are one"
    )]
    Segments {
        /// Its length with the signature.
        units: usize,
        /// How many short messages are charged.
        segments: usize,
    },
    /// Missed calls at night are told to nobody.
    #[error(
        "drops the messages of missed calls of these hours: write quiet_then = \"later\" to have them in the morning"
    )]
    MissedDropped,
    /// The fixed form says that a call was missed, and here it was not, or the reader called.
    #[error(
        "has no text, and the fixed form tells an owner or agent of a missed call: write text = \"…\" for the others"
    )]
    FixedForm,
    /// No message goes to the owner.
    #[error("gets no message: name the owner in a message, or take it away")]
    OwnerUnused,
    /// The message goes to agents, and none has a mobile.
    #[error("goes to the agent, and no agent has a mobile: nobody gets it")]
    NoAgentMobile,
    /// The variable never has a value.
    #[error("has {{{name}}}, which is always empty: {why}")]
    AlwaysEmpty {
        /// The variable.
        name: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// The limit is reached before messages are put together.
    #[error(
        "is {above}, not below number_day_max, which is {max}: messages are dropped before they are put together"
    )]
    DigestTooLate {
        /// The number in the file.
        above: u32,
        /// The limit.
        max: u32,
    },
    /// The digest does not say how many calls it tells.
    #[error("does not say how many calls it tells: put {{count}} in it")]
    NoCount,
}
