//! The keys of the section `[sms]`: which messages are sent, to whom, in which words.

use super::limits::{
    DAY_MAX_MAX, DIGEST_ABOVE_MAX, DIGEST_EVERY_MIN_MAX, LIFETIME_MIN_MAX, NUMBER_DAY_MAX_MAX,
    NUMBER_HOUR_MAX_MAX,
};
use super::schema_types::{TableSchema, ValueSchema, key, needed, words};
use hotlined_core::message::{CallOutcome, Mask, QuietThen};

use ValueSchema::{Flag, Number, SomeWords, Tables, Text, Texts, Words};

pub(super) const MASKS: [(&str, Mask); 3] =
    [("end", Mask::End), ("middle", Mask::Middle), ("none", Mask::None)];
pub(super) const QUIET_THENS: [(&str, QuietThen); 2] =
    [("later", QuietThen::Later), ("drop", QuietThen::Drop)];
pub(super) const OUTCOMES: [(&str, CallOutcome); 7] = [
    ("answered", CallOutcome::Answered),
    ("busy", CallOutcome::Busy),
    ("no_answer", CallOutcome::NoAnswer),
    ("abandoned", CallOutcome::Abandoned),
    ("closed", CallOutcome::Closed),
    ("message_left", CallOutcome::MessageLeft),
    ("refused", CallOutcome::Refused),
];

pub(super) static SMS: TableSchema = TableSchema {
    name: "sms",
    says: "Which messages are sent when a call ends (漏话短信, 挂机短信).",
    also: &[],
    keys: &[
        key("owner", Texts(None), "The mobiles of the business."),
        key("sign", Text(None), "The signature (签名), without 【】."),
        key("mask", Words(&words(&MASKS)), "How {caller_masked} shows a number: 010********, 138****8000."),
        key("quiet", Text(None), "The hours in which no message is sent, such as \"22:00-08:00\"."),
        key("quiet_then", Words(&words(&QUIET_THENS)), "Whether their messages are sent later or dropped."),
        key("gateways", Texts(None), "The daemon's gateways, in the order in which they are tried."),
        key(
            "number_hour_max",
            Number(1, NUMBER_HOUR_MAX_MAX, "messages"),
            "The most messages to one number within an hour.",
        ),
        key(
            "number_day_max",
            Number(1, NUMBER_DAY_MAX_MAX, "messages"),
            "The most messages to one number within 24 hours.",
        ),
        key(
            "day_max",
            Number(1, DAY_MAX_MAX, "messages"),
            "The most messages of the hotline within 24 hours.",
        ),
        key(
            "digest_above",
            Number(0, DIGEST_ABOVE_MAX, "messages"),
            "More messages of one template to one number within 24 hours are put together; 0: never.",
        ),
        key(
            "digest_every_min",
            Number(1, DIGEST_EVERY_MIN_MAX, "minutes"),
            "How long messages are put together.",
        ),
        key("digest", Text(None), "The text of messages that are put together."),
        key("digest_template", Text(None), "The name of its template."),
        key(
            "messages",
            Tables(&SMS_MESSAGE),
            "The messages; without them the missed-call message to the owner.",
        ),
    ],
};

static SMS_MESSAGE: TableSchema = TableSchema {
    name: "sms_message",
    says: "A message.",
    also: &[],
    keys: &[
        needed(
            "template",
            Text(None),
            "Its name, and the name of its template at the gateways.",
            "name the message: template = \"missed\"",
        ),
        needed(
            "on",
            SomeWords(&words(&OUTCOMES)),
            "After which calls it is sent.",
            "write after which calls: on = [\"busy\", \"no_answer\", \"abandoned\", \"closed\"]",
        ),
        needed(
            "to",
            Texts(None),
            "Who gets it: caller, agent, owner, or a mobile number.",
            "write who gets it: to = \"owner\"",
        ),
        key("text", Text(None), "The text; otherwise the fixed form of a missed call."),
        key("lifetime_min", Number(1, LIFETIME_MIN_MAX, "minutes"), "How long it is worth sending."),
        key("digest", Flag, "Whether many may be put together."),
    ],
};
