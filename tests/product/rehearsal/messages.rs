//! Messages by SMS of hotlines drawn by chance, and what is promised of them: each template of a call goes to a number
//! once, to mobiles only, with nothing in it that a caller wrote.

use hotlined_core::id::CallId;
use hotlined_core::message::{
    CallOutcome, DIGEST_TEXT, Digest, MESSAGES_MAX, MISSED_TEXT, Mask, Message, MessageLimits, MessageRule,
    Recipient, SmsRules, TEXT_CHARS_MAX,
};
use hotlined_core::number::{Kind, normalise};
use hotlined_core::record::CallRecord;
use hotlined_core::time::Millis;
use hotlined_sim::rng::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Every variable, and what callers enter.
const TEXT: &str = "{caller},{caller_masked},{time},{hotline},{name},{agent},{area},{outcome},{wait},{score},\
                    {entered.entered}";

/// The messages of a hotline; some have none.
pub fn rules(chance: &mut Rng) -> Option<Arc<SmsRules>> {
    if chance.percent(30) {
        return None;
    }
    // The first is also an agent's.
    let owner: Vec<Arc<str>> = vec!["13900000001".into(), "13900000009".into()];
    let rules = (0..chance.between(1, 3)).map(|at| rule(at, chance)).collect();
    Some(Arc::new(SmsRules {
        sign: "示例".into(),
        owner,
        mask: *chance.pick(&[Mask::End, Mask::Middle, Mask::None]).unwrap(),
        quiet: chance.percent(30).then(|| "22:00-08:00".parse().unwrap()),
        limits: MessageLimits::default(),
        gateways: Vec::new(),
        rules,
    }))
}

fn rule(at: u64, chance: &mut Rng) -> MessageRule {
    let all = [
        Recipient::Caller,
        Recipient::Agent,
        Recipient::Owner,
        Recipient::Number("13900000002".into()),
        // Not what a file may have; nothing may come of it.
        Recipient::Number("02188886666".into()),
    ];
    let digest = Digest {
        template: "digest".into(),
        text: DIGEST_TEXT.parse().unwrap(),
        above: 1,
        every: Millis::seconds(60),
    };
    MessageRule {
        template: format!("template{at}").into(),
        on: CallOutcome::ALL.iter().copied().filter(|_| chance.percent(70)).collect(),
        to: all.iter().filter(|_| chance.percent(60)).cloned().collect(),
        text: if chance.percent(50) { TEXT } else { MISSED_TEXT }.parse().unwrap(),
        lifetime: Millis::seconds(chance.between(60, 7_200)),
        digest: chance.percent(50).then_some(digest),
    }
}

/// A template and a number.
type TemplateTo = (Arc<str>, Arc<str>);

/// The messages that were given out.
#[derive(Default)]
pub struct Told {
    /// By call: to whom which template went.
    messages: BTreeMap<CallId, BTreeSet<TemplateTo>>,
    /// The calls with a record.
    over: BTreeSet<CallId>,
    /// The outcomes that were told, in the words of a message.
    outcomes: BTreeSet<String>,
}

impl Told {
    /// A message is given out.
    pub fn message(&mut self, message: &Message) -> Result<(), String> {
        let Message { call, template, to, text, sequence, .. } = message;
        let told = self.messages.entry(call.clone()).or_default();
        if !told.insert((template.clone(), to.clone())) {
            return Err(format!("{template} of {call} is told {to} twice"));
        }
        if told.len() > MESSAGES_MAX {
            return Err(format!("{call} causes {} messages", told.len()));
        }
        if self.over.contains(call) {
            return Err(format!("{template} of {call} is told after the record"));
        }
        let number = normalise(to, None);
        if number.kind() != Kind::Mobile || number.digits() != &**to {
            return Err(format!("{template} of {call} goes to {to}, which is no mobile"));
        }
        let foreign = |letter: char| letter.is_control() || "{}$/\\".contains(letter);
        if text.contains(foreign) || text.chars().count() > TEXT_CHARS_MAX {
            return Err(format!("{template} of {call} says {text:?}"));
        }
        if *sequence == 0 {
            return Err(format!("{template} of {call} has no number for its event"));
        }
        self.outcomes.extend(message.values.get("outcome").cloned());
        Ok(())
    }

    /// The call has its record, which comes after its messages.
    pub fn recorded(&mut self, record: &CallRecord) -> Result<(), String> {
        self.over.insert(record.call.clone());
        if CallOutcome::of(record).is_none() && self.messages.contains_key(&record.call) {
            return Err(format!("{} has no outcome to tell, and was told", record.call));
        }
        Ok(())
    }

    /// The outcomes that were told, in the words of a message.
    pub fn outcomes(&self) -> BTreeSet<String> {
        self.outcomes.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_core::id::SwitchId;
    use hotlined_core::time::Instant;

    fn message(template: &str, to: &str, text: &str) -> Message {
        Message {
            call: CallId("caller".parse().unwrap()),
            switch: SwitchId("fs1".into()),
            hotline: "4008001234".into(),
            template: template.into(),
            to: to.into(),
            sign: "示例".into(),
            text: text.to_owned(),
            values: BTreeMap::new(),
            decided: Instant(0),
            lifetime: Millis::seconds(60),
            quiet: None,
            limits: MessageLimits::default(),
            gateways: Vec::new(),
            digest: None,
            sequence: 1,
        }
    }

    /// What is said of the last of these messages.
    fn of_last(messages: &[Message]) -> String {
        let mut told = Told::default();
        let results: Vec<_> = messages.iter().map(|message| told.message(message)).collect();
        results.into_iter().next_back().unwrap().err().unwrap_or_default()
    }

    #[test]
    fn a_message_that_breaks_a_promise_is_noticed() {
        let good = message("missed", "13900000001", "漏话");
        assert_eq!(of_last(std::slice::from_ref(&good)), "");
        assert_eq!(of_last(&[good.clone(), message("thanks", "13900000001", "漏话")]), "");
        assert!(of_last(&[good.clone(), good.clone()]).ends_with("is told 13900000001 twice"));
        for to in ["02188886666", "+8613900000001", "", "4008001234"] {
            assert!(of_last(&[message("missed", to, "漏话")]).ends_with("is no mobile"), "{to}");
        }
        for text in ["a\nb", "{time}", "${x}", &"字".repeat(TEXT_CHARS_MAX + 1)] {
            assert!(of_last(&[message("missed", "13900000001", text)]).contains(" says "), "{text}");
        }
        let many: Vec<Message> =
            (0..=MESSAGES_MAX).map(|at| message(&format!("t{at}"), "13900000001", "漏话")).collect();
        assert!(of_last(&many).contains("causes 33 messages"));
        assert!(of_last(&[Message { sequence: 0, ..good }]).contains("no number"));
    }
}
