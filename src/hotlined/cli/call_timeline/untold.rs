//! Why a call causes no message that its hotline has.

use super::timeline_event::TimelineEvent;
use hotlined_core::message::{CallOutcome, MessageRule, Recipient, SmsRules};
use hotlined_core::record::CallRecord;

/// A line for each message of the call's outcome that goes to nobody, or one line if the outcome has no message.
pub(super) fn untold<'l>(
    record: &CallRecord,
    rules: &SmsRules,
    lines: impl Iterator<Item = &'l TimelineEvent>,
) -> Vec<TimelineEvent> {
    let nothing = |template: &str, why: &str| TimelineEvent::NoSms {
        template: template.to_owned(),
        why: why.to_owned(),
    };
    let Some(outcome) = CallOutcome::of(record) else {
        return vec![nothing("", "the flow served the call without an agent")];
    };
    let told: Vec<&str> = lines
        .filter_map(|line| {
            if let TimelineEvent::Sms { template, .. } = line { Some(template.as_str()) } else { None }
        })
        .collect();
    let of_outcome: Vec<&MessageRule> =
        rules.rules.iter().filter(|rule| rule.on.contains(&outcome)).collect();
    if of_outcome.is_empty() {
        return vec![nothing("", &format!("none is on {}", outcome.as_str()))];
    }
    let untold = of_outcome.into_iter().filter(|rule| !told.contains(&&*rule.template));
    untold.map(|rule| nothing(&rule.template, why(rule))).collect()
}

fn why(rule: &MessageRule) -> &'static str {
    match rule.to[..] {
        [Recipient::Caller] => "the caller's number is no mobile",
        [Recipient::Agent] => "no agent at a mobile was tried",
        _ => "nobody it goes to is at a mobile",
    }
}
