//! Warnings of the section `[sms]`: messages that are valid and may not be what the business wants.

use super::sms_problem::SmsProblem;
use hotlined_core::hotline::flow::NodeKind;
use hotlined_core::hotline::{Dial, Hotline};
use hotlined_core::message::{
    CallOutcome, MISSED_TEXT, MessageRule, QuietThen, Recipient, Sample, SmsRules, Value, sample,
    sample_digest,
};
use hotlined_core::number::{Kind, normalise};

/// A warning: of which message, by its index, or of the section itself; of which key.
pub(super) struct SmsWarning {
    pub(super) message: Option<usize>,
    pub(super) key: &'static str,
    pub(super) problem: SmsProblem,
}

/// The warnings of a hotline's messages.
pub(super) fn warnings(hotline: &Hotline) -> Vec<SmsWarning> {
    let Some(rules) = hotline.sms.as_deref() else { return Vec::new() };
    let mut found = of_section(rules, hotline);
    for (index, rule) in rules.rules.iter().enumerate() {
        let warn = |(key, problem)| SmsWarning { message: Some(index), key, problem };
        found.extend(of_message(rule, rules, hotline).into_iter().map(warn));
    }
    found
}

fn of_section(rules: &SmsRules, hotline: &Hotline) -> Vec<SmsWarning> {
    let mut found = Vec::new();
    let mut warn = |key, problem| found.push(SmsWarning { message: None, key, problem });
    if rules.sign.is_empty() {
        warn("", SmsProblem::NoSign);
    }
    let tells_missed = rules.rules.iter().any(|rule| {
        let missed = rule.on.iter().any(|outcome| is_missed(*outcome));
        missed && rule.to.iter().any(|to| *to != Recipient::Caller)
    });
    if tells_missed && rules.quiet.is_some_and(|quiet| quiet.then == QuietThen::Drop) {
        warn("quiet_then", SmsProblem::MissedDropped);
    }
    if !rules.owner.is_empty() && !rules.rules.iter().any(|rule| rule.to.contains(&Recipient::Owner)) {
        warn("owner", SmsProblem::OwnerUnused);
    }
    let Some(rule) = rules.rules.iter().find(|rule| rule.digest.is_some()) else { return found };
    let Some(digest) = &rule.digest else { return found };
    if digest.above >= rules.limits.number_day_max {
        let problem = SmsProblem::DigestTooLate { above: digest.above, max: rules.limits.number_day_max };
        warn("digest_above", problem);
    }
    if !digest.text.values().any(|value| *value == Value::Count) {
        warn("digest", SmsProblem::NoCount);
    }
    if let Some(problem) = sample_digest(rule, rules, hotline).as_ref().and_then(long) {
        warn("digest", problem);
    }
    found
}

fn of_message(rule: &MessageRule, rules: &SmsRules, hotline: &Hotline) -> Vec<(&'static str, SmsProblem)> {
    let mut found = Vec::new();
    found.extend(long(&sample(rule, rules, hotline)).map(|problem| ("text", problem)));
    let is_fixed = rule.text.to_string() == MISSED_TEXT;
    if is_fixed
        && (rule.to.contains(&Recipient::Caller) || !rule.on.iter().all(|outcome| is_missed(*outcome)))
    {
        found.push(("text", SmsProblem::FixedForm));
    }
    if rule.to.contains(&Recipient::Agent) && !hotline.agents.iter().any(has_mobile) {
        found.push(("to", SmsProblem::NoAgentMobile));
    }
    let survey = hotline.flow.nodes.iter().any(|node| matches!(node.kind, NodeKind::Survey(_)));
    if !survey && rule.text.values().any(|value| *value == Value::Score) {
        found.push(("text", SmsProblem::AlwaysEmpty { name: "score", why: "the hotline asks no survey" }));
    }
    let agentless =
        rule.on.iter().all(|outcome| matches!(outcome, CallOutcome::Closed | CallOutcome::Refused));
    if agentless && rule.text.values().any(|value| *value == Value::Agent) {
        let why = "no agent is tried in calls that are closed or refused";
        found.push(("text", SmsProblem::AlwaysEmpty { name: "agent", why }));
    }
    found
}

fn is_missed(outcome: CallOutcome) -> bool {
    match outcome {
        CallOutcome::Busy | CallOutcome::NoAnswer | CallOutcome::Abandoned | CallOutcome::Closed => true,
        CallOutcome::Answered | CallOutcome::MessageLeft | CallOutcome::Refused => false,
    }
}

fn has_mobile(agent: &hotlined_core::hotline::Agent) -> bool {
    match &agent.dial {
        Dial::Phone(phone) => normalise(phone, None).kind() == Kind::Mobile,
        Dial::Endpoint(_) => false,
    }
}

fn long(sample: &Sample) -> Option<SmsProblem> {
    let size = sample.size;
    (size.segments > 1).then_some(SmsProblem::Segments { units: size.units, segments: size.segments })
}
