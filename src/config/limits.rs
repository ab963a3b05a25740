//! The limits and default values of hotline files, and the names with a fixed meaning in them.

use hotlined_core::time::Millis;

/// The largest hotline file, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// The most hotline files in one folder.
pub const FILES_MAX: usize = 10_000;
/// The most diagnostics that are reported for one file.
pub const FILE_DIAGNOSTICS_MAX: usize = 100;
/// The largest list file, in bytes: a million codes of the greatest length.
pub const LIST_BYTES_MAX: u64 = 1 << 25;
/// The most codes in one set.
pub const CODES_MAX: usize = 1_000_000;
/// The longest name of a group, a table of hours or a set of codes, in characters.
pub const WORD_CHARS_MAX: usize = 32;

/// The table of hours that the short forms use. A table of hours without a name has this name.
pub(super) const MAIN: &str = "main";
/// The group of all agents. A file need not define this group.
pub(super) const EVERYBODY: &str = "agents";
/// The prefix of the name of a one-agent group. The space keeps a file from defining such a name itself.
pub(super) const ONE_AGENT_PREFIX: &str = "agent ";

/// How long an agent gets no call after a talk, by default.
pub const WRAP_UP_DEFAULT: Millis = Millis(0);
/// How long a queue does not call an agent again who did not answer, by default.
pub const RETRY_DEFAULT: Millis = Millis::seconds(30);
/// How long the caller has for the first key, by default.
pub(super) const TIMEOUT_DEFAULT: Millis = Millis(5_000);
/// How long the caller has for each further key, by default.
pub(super) const INTER_DIGIT_TIMEOUT_DEFAULT: Millis = Millis(3_000);
/// How many wrong answers, and how many timeouts, a node accepts by default.
pub(super) const TRIES_DEFAULT: u8 = 3;
/// How many times a survey asks by default: a caller who wants to leave is not held.
pub(super) const SURVEY_TRIES_DEFAULT: u8 = 2;
/// The highest score of a survey by default: the standard question offers three answers.
pub(super) const HIGHEST_DEFAULT: u8 = 3;
/// How many callers may wait in a queue, by default.
pub(super) const LENGTH_MAX_DEFAULT: u16 = 50;
/// The interval between two announcements in a queue, by default.
pub(super) const EVERY_DEFAULT: Millis = Millis::seconds(30);
/// The longest voicemail message, by default.
pub(super) const LONGEST_DEFAULT: Millis = Millis::seconds(120);
/// The shortest voicemail message that is kept, by default.
pub(super) const SHORTEST_DEFAULT: Millis = Millis::seconds(2);
/// How much silence ends a voicemail message, by default.
pub(super) const SILENCE_DEFAULT: Millis = Millis::seconds(10);

/// The most messages of one hotline.
pub const MESSAGES_MAX: usize = 20;
/// The most mobiles of one owner, and the most recipients of one message.
pub const RECIPIENTS_MAX: usize = 10;
/// The longest signature of messages, in characters.
pub const SIGN_CHARS_MAX: usize = 20;
/// The greatest limit of messages to one number within an hour.
pub(super) const NUMBER_HOUR_MAX_MAX: u64 = 1_000;
/// The greatest limit of messages to one number within 24 hours.
pub(super) const NUMBER_DAY_MAX_MAX: u64 = 10_000;
/// The greatest limit of messages of one hotline within 24 hours.
pub(super) const DAY_MAX_MAX: u64 = 1_000_000;
/// The greatest number of messages that are sent before they are put together.
pub(super) const DIGEST_ABOVE_MAX: u64 = 10_000;
/// The longest time for which messages are put together, in minutes.
pub(super) const DIGEST_EVERY_MIN_MAX: u64 = 24 * 60;
/// The longest time for which a message is worth sending, in minutes.
pub(super) const LIFETIME_MIN_MAX: u64 = 7 * 24 * 60;
/// How many messages of one template to one number are sent before they are put together, by default: gateways take 50
/// within 24 hours.
pub(super) const DIGEST_ABOVE_DEFAULT: u32 = 40;
/// How long messages are put together, by default, in minutes.
pub(super) const DIGEST_EVERY_MIN_DEFAULT: u64 = 60;
/// How long a message is worth sending, by default, in minutes.
pub(super) const LIFETIME_MIN_DEFAULT: u64 = 120;
/// The name of the missed-call message that `[sms]` has without any `[[sms.messages]]`.
pub(super) const MISSED_TEMPLATE: &str = "missed";
/// The name of the template of messages that are put together, by default.
pub(super) const DIGEST_TEMPLATE: &str = "digest";
