//! The messages that a call causes when it ends.

use super::clock_time::china_time;
use super::content::Message;
use super::outcome::CallOutcome;
use super::rules::{MessageRule, Recipient, SmsRules};
use super::text::{MessageText, Value};
use crate::hotline::{Dial, Hotline};
use crate::number::{self, Kind, Location, Number, NumberRegions};
use crate::record::CallRecord;
use crate::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most messages of one call.
pub const MESSAGES_MAX: usize = 32;
/// The words for a caller without a number.
const NO_NUMBER: &str = "未显示号码";
/// The words for a place that nobody knows.
const NO_AREA: &str = "未知地区";

/// The messages that the call of this record causes, each template to each recipient once. `sequence` is the number of
/// the call's first event that no other event has.
pub fn due(
    record: &CallRecord,
    hotline: &Hotline,
    regions: Option<&NumberRegions>,
    now: Instant,
    sequence: u32,
) -> Vec<Message> {
    let Some(rules) = hotline.sms.as_deref() else { return Vec::new() };
    let Some(outcome) = CallOutcome::of(record) else { return Vec::new() };
    let caller = number::normalise(&record.caller, hotline.home);
    let place = regions.unwrap_or_else(|| NumberRegions::built_in()).locate(&caller);
    let call = EndedCall { record, hotline, rules, outcome, caller, place };
    call.messages(now, sequence)
}

/// A text as the message or digest of a call with this record has it.
pub(super) fn rendered(
    text: &MessageText,
    record: &CallRecord,
    hotline: &Hotline,
    rules: &SmsRules,
    outcome: CallOutcome,
) -> String {
    let caller = number::normalise(&record.caller, hotline.home);
    let place = NumberRegions::built_in().locate(&caller);
    let call = EndedCall { record, hotline, rules, outcome, caller, place };
    text.render(|value| call.value(value))
}

struct EndedCall<'a> {
    record: &'a CallRecord,
    hotline: &'a Hotline,
    rules: &'a SmsRules,
    outcome: CallOutcome,
    caller: Number,
    place: Location,
}

impl EndedCall<'_> {
    fn messages(&self, now: Instant, sequence: u32) -> Vec<Message> {
        let mut known = BTreeSet::new();
        let mut messages = Vec::new();
        for rule in self.rules.rules.iter().filter(|rule| rule.on.contains(&self.outcome)) {
            for to in self.recipients(rule) {
                if messages.len() < MESSAGES_MAX && known.insert((rule.template.clone(), to.clone())) {
                    // The number after it is free for a later failure.
                    let sequence = sequence + 2 * messages.len() as u32;
                    messages.push(self.message(rule, to, now, sequence));
                }
            }
        }
        messages
    }

    fn message(&self, rule: &MessageRule, to: Arc<str>, now: Instant, sequence: u32) -> Message {
        let Self { record, hotline, rules, .. } = self;
        let values = self.values(rule);
        Message {
            call: record.call.clone(),
            switch: record.switch.clone(),
            hotline: hotline.number.clone(),
            template: rule.template.clone(),
            to,
            sign: rules.sign.clone(),
            text: rule.text.render(|value| self.value(value)),
            values,
            decided: now,
            lifetime: rule.lifetime,
            quiet: rules.quiet,
            limits: rules.limits,
            gateways: rules.gateways.clone(),
            digest: rule.digest.clone(),
            sequence,
        }
    }

    /// The mobiles of this rule's recipients.
    fn recipients(&self, rule: &MessageRule) -> Vec<Arc<str>> {
        let numbers = rule.to.iter().flat_map(|to| match to {
            Recipient::Caller => vec![self.caller],
            Recipient::Agent => self.agents().filter_map(|agent| self.agent_number(agent)).collect(),
            Recipient::Owner => rule_numbers(&self.rules.owner),
            Recipient::Number(number) => rule_numbers(std::slice::from_ref(number)),
        });
        numbers.filter(|number| number.kind() == Kind::Mobile).map(|number| number.digits().into()).collect()
    }

    /// The agent who talked; without a talk, each agent who was tried.
    fn agents(&self) -> impl Iterator<Item = &Arc<str>> {
        let tried = self.record.attempts.iter().map(|attempt| &attempt.agent);
        self.record.agent.iter().chain(tried.filter(|_| self.record.agent.is_none()))
    }

    fn agent_number(&self, id: &str) -> Option<Number> {
        let agent = self.hotline.agents.iter().find(|agent| *agent.id == *id)?;
        match &agent.dial {
            Dial::Phone(phone) => Some(number::normalise(phone, self.hotline.home)),
            Dial::Endpoint(_) => None,
        }
    }

    /// Every value, for gateways that take only templates, and for the digest.
    fn values(&self, rule: &MessageRule) -> BTreeMap<Arc<str>, String> {
        let texts = [&rule.text].into_iter().chain(rule.digest.as_ref().map(|digest| &digest.text));
        let entered = texts.flat_map(MessageText::values).filter(|value| matches!(value, Value::Entered(_)));
        let plain = Value::PLAIN.iter().filter(|value| !matches!(value, Value::Count | Value::Since));
        plain.chain(entered).map(|value| (value.to_string().into(), self.value(value))).collect()
    }

    fn value(&self, value: &Value) -> String {
        let Self { record, hotline, .. } = self;
        match value {
            Value::Caller => caller_in_words(&self.caller),
            Value::CallerMasked if self.caller.digits().is_empty() => NO_NUMBER.to_owned(),
            Value::CallerMasked => {
                let area_digits = self.caller.area_code().map_or(0, |area| area.to_string().len());
                self.rules.mask.apply(self.caller.digits(), area_digits)
            }
            Value::Time => china_time(record.arrived),
            Value::Hotline => hotline.number.to_string(),
            Value::Name => hotline.name.to_string(),
            Value::Agent => self.agents().last().map(ToString::to_string).unwrap_or_default(),
            Value::Area => area_in_words(&self.place),
            Value::Outcome => self.outcome.in_chinese().to_owned(),
            Value::Wait => wait_in_words(record.wait),
            Value::Score => record.score.map(|score| score.to_string()).unwrap_or_default(),
            Value::Entered(name) => record.entered.get(name).cloned().unwrap_or_default(),
            // A message by itself tells one call.
            Value::Count => "1".to_owned(),
            Value::Since => china_time(record.arrived),
        }
    }
}

fn rule_numbers(numbers: &[Arc<str>]) -> Vec<Number> {
    numbers.iter().map(|number| number::normalise(number, None)).collect()
}

/// The caller's number, or words for a caller without one.
pub fn caller_in_words(caller: &Number) -> String {
    if caller.digits().is_empty() { NO_NUMBER.to_owned() } else { caller.digits().to_owned() }
}

fn area_in_words(place: &Location) -> String {
    let city = place.city.map(|city| city.short());
    let name = city.or_else(|| place.province.map(|province| province.short()));
    name.map_or_else(|| NO_AREA.to_owned(), str::to_owned)
}

/// `8秒`, `1分5秒`.
fn wait_in_words(wait: Millis) -> String {
    let seconds = wait.0 / 1_000;
    if seconds < 60 { format!("{seconds}秒") } else { format!("{}分{}秒", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests;
