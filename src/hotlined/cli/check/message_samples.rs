//! The messages of a hotline with made-up values: what the recipients will read, and how many messages it is charged as.

use hotlined_core::hotline::Hotline;
use hotlined_core::message::{Mask, Recipient, Sample, SmsRules, sample, sample_digest};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// A message of a hotline with made-up values.
#[derive(Debug, Serialize)]
pub(super) struct SampleLine {
    hotline: Arc<str>,
    template: Arc<str>,
    /// Who gets it. Numbers are masked.
    to: Vec<String>,
    /// The text with its signature.
    text: String,
    /// Its length with the signature, as carriers count.
    characters: usize,
    /// How many short messages are charged.
    segments: usize,
}

impl fmt::Display for SampleLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hotline, template, to, text, characters, segments } = self;
        let to = to.join(", ");
        let plural = if *segments == 1 { "" } else { "s" };
        write!(
            f,
            "{hotline} [sms] {template} → {to}: {text} ({characters} characters, {segments} segment{plural})"
        )
    }
}

/// Each message of a hotline, and the digest if messages may be put together.
pub(super) fn of(hotline: &Hotline) -> Vec<SampleLine> {
    let Some(rules) = hotline.sms.as_deref() else { return Vec::new() };
    let line = |template: &Arc<str>, to: Vec<String>, Sample { text, size }: Sample| SampleLine {
        hotline: hotline.number.clone(),
        template: template.clone(),
        to,
        text,
        characters: size.units,
        segments: size.segments,
    };
    let mut lines: Vec<SampleLine> = rules
        .rules
        .iter()
        .map(|rule| line(&rule.template, recipients(&rule.to, rules), sample(rule, rules, hotline)))
        .collect();
    // The messages of one hotline have one digest; it goes to whom they go.
    let put_together = rules.rules.iter().filter(|rule| rule.digest.is_some());
    let mut to: Vec<Recipient> = Vec::new();
    for recipient in put_together.clone().flat_map(|rule| &rule.to) {
        if !to.contains(recipient) {
            to.push(recipient.clone());
        }
    }
    for rule in put_together.take(1) {
        if let (Some(digest), Some(sample)) = (&rule.digest, sample_digest(rule, rules, hotline)) {
            lines.push(line(&digest.template, recipients(&to, rules), sample));
        }
    }
    lines
}

fn recipients(to: &[Recipient], rules: &SmsRules) -> Vec<String> {
    let masked = |number: &Arc<str>| Mask::Middle.apply(number, 0);
    let in_words = |to: &Recipient| match to {
        Recipient::Caller | Recipient::Agent => to.as_str().to_owned(),
        Recipient::Owner => {
            let numbers: Vec<String> = rules.owner.iter().map(masked).collect();
            format!("{} {}", to.as_str(), numbers.join(" "))
        }
        Recipient::Number(number) => masked(number),
    };
    to.iter().map(in_words).collect()
}
