//! A message of a hotline with made-up values, so that the business sees the text before a caller causes it.

use super::due::rendered;
use super::outcome::CallOutcome;
use super::rules::{MessageRule, SmsRules};
use super::segments::{Segments, segments};
use super::text::{MessageText, signed};
use crate::cause::Cause;
use crate::hotline::Hotline;
use crate::id::{CallId, LegId, SwitchId};
use crate::record::{CallRecord, EndedBy, Outcome};
use crate::time::{Instant, Millis};

/// The caller of a sample: a mobile, since its number is the longest.
const CALLER: &str = "13800138000";
/// 2026-12-31 23:59 in China: no time is longer in words.
const ARRIVED: Instant = Instant(1_798_732_740_000);
const WAIT: Millis = Millis::seconds(65);
const SCORE: u8 = 3;

/// A text with made-up values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The text with its signature.
    pub text: String,
    /// Its size.
    pub size: Segments,
}

/// The message of a rule as a call might cause it.
pub fn sample(rule: &MessageRule, rules: &SmsRules, hotline: &Hotline) -> Sample {
    let outcome = rule.on.iter().next().copied().unwrap_or(CallOutcome::NoAnswer);
    sample_text(&rule.text, outcome, rules, hotline)
}

/// The digest of a rule, if it has one.
pub fn sample_digest(rule: &MessageRule, rules: &SmsRules, hotline: &Hotline) -> Option<Sample> {
    let digest = rule.digest.as_ref()?;
    let outcome = rule.on.iter().next().copied().unwrap_or(CallOutcome::NoAnswer);
    Some(sample_text(&digest.text, outcome, rules, hotline))
}

fn sample_text(text: &MessageText, outcome: CallOutcome, rules: &SmsRules, hotline: &Hotline) -> Sample {
    let text = signed(&rules.sign, &rendered(text, &record(hotline), hotline, rules, outcome));
    Sample { size: segments(&text), text }
}

fn record(hotline: &Hotline) -> CallRecord {
    let entered = hotline.flow.collected().map(|collect| {
        let digits = "1234567890".chars().cycle().take(collect.ask.digit_len.into());
        (collect.name.clone(), digits.collect())
    });
    CallRecord {
        call: CallId(LegId::from_bits(0)),
        switch: SwitchId("".into()),
        dialled: hotline.number.to_string(),
        hotline: Some(hotline.number.clone()),
        hotline_version: Some(hotline.version),
        caller: CALLER.to_owned(),
        outcome: Outcome::Answered,
        ended_by: EndedBy::Caller,
        cause: Cause::Normal,
        arrived: ARRIVED,
        billing_start: None,
        ended: ARRIVED + WAIT,
        wait: WAIT,
        talk: Millis(0),
        agent: hotline.agents.first().map(|agent| agent.id.clone()),
        refused: None,
        closed: false,
        path: Vec::new(),
        entered: entered.collect(),
        marks: Default::default(),
        queued: Millis(0),
        recording: None,
        message: None,
        score: Some(SCORE),
        call_back: None,
        attempts: Vec::new(),
    }
}
