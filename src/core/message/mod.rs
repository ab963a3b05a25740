//! Messages by SMS: what a call causes to be told, to whom, in which words.
//!
//! A [`MessageRule`] of the hotline file says which outcome of a call is told to whom. [`due`] makes the [`Message`]s of
//! a call when the call ends. A message is whole: sending it needs nothing of the hotline any more. [`sending`] has
//! the answers of gateways.
//!
//! Absent: gateways, their protocols, and when a message is sent.

mod clock_time;
mod content;
mod due;
mod outcome;
mod outcome_of_record;
mod quiet_hours;
mod rules;
mod sample;
mod segments;
pub mod sending;
mod text;

pub use clock_time::{china_minute_of_day, china_time};
pub use content::Message;
pub use due::{MESSAGES_MAX, caller_in_words, due};
pub use outcome::CallOutcome;
pub use quiet_hours::{InvalidQuietHours, QuietHours, QuietThen};
pub use rules::{
    DIGEST_TEXT, Digest, MISSED_TEXT, Mask, MessageLimits, MessageRule, Recipient, SmsRules,
    TEMPLATE_NAME_CHARS_MAX,
};
pub use sample::{Sample, sample, sample_digest};
pub use segments::{Segments, segments};
pub use text::{InvalidText, MessageText, TEXT_CHARS_MAX, Value, signed};
