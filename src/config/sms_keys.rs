//! Reads the section `[sms]`: which messages are sent when a call ends.

use super::Problem;
use super::limits::{
    DIGEST_ABOVE_DEFAULT, DIGEST_EVERY_MIN_DEFAULT, DIGEST_TEMPLATE, LIFETIME_MIN_DEFAULT, MESSAGES_MAX,
    MISSED_TEMPLATE, RECIPIENTS_MAX, SIGN_CHARS_MAX, WORD_CHARS_MAX,
};
use super::reader::{Reader, is_name};
use super::section_reader::Section;
use super::sms_problem::SmsProblem;
use super::sms_schema::{MASKS, OUTCOMES, QUIET_THENS};
use super::toml_reader::Located;
use crate::source_position::{Hint, shortened};
use hotlined_core::hotline::flow::Flow;
use hotlined_core::message::{
    CallOutcome, DIGEST_TEXT, Digest, MISSED_TEXT, MessageLimits, MessageRule, MessageText, QuietHours,
    Recipient, SmsRules, TEMPLATE_NAME_CHARS_MAX, Value,
};
use hotlined_core::number::{Kind, normalise};
use hotlined_core::time::Millis;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The words for recipients that are no number, and what stands for a number in a hint.
const RECIPIENTS: [(&str, Recipient); 3] =
    [("caller", Recipient::Caller), ("agent", Recipient::Agent), ("owner", Recipient::Owner)];
const A_NUMBER: &str = "a mobile number";
/// The missed calls of the missed-call message.
const MISSED: [CallOutcome; 4] =
    [CallOutcome::Busy, CallOutcome::NoAnswer, CallOutcome::Abandoned, CallOutcome::Closed];

/// What `[sms]` itself says, for its messages.
struct Common {
    owner: Vec<Arc<str>>,
    has_owner: bool,
    digest: Option<Digest>,
    /// What callers enter; `None` if the flow has an error.
    entered: Option<BTreeSet<Arc<str>>>,
}

impl Reader<'_, '_> {
    /// Reads the messages of a hotline. `flow` is `None` if the flow has an error.
    pub(super) fn sms(&mut self, hotline: &Section<'_>, flow: Option<&Flow>) -> Option<Arc<SmsRules>> {
        let section = hotline.section(&mut self.toml, "sms")?;
        self.record_position("sms", section.table.at);
        let entered =
            flow.map(|flow| flow.collected().map(|collect| collect.name.clone()).collect::<BTreeSet<_>>());
        let owner = self.mobiles(&section, "owner");
        let sign = self.sign(&section);
        let mask = section.choice(&mut self.toml, "mask", &MASKS).unwrap_or_default();
        let quiet = self.quiet(&section);
        let gateways = self.names(&section, "gateways");
        let default = MessageLimits::default();
        let mut limit = |key, otherwise| section.small(&mut self.toml, key).unwrap_or(otherwise);
        let limits = MessageLimits {
            number_hour_max: limit("number_hour_max", default.number_hour_max),
            number_day_max: limit("number_day_max", default.number_day_max),
            day_max: limit("day_max", default.day_max),
        };
        let mut common = Common { owner, has_owner: section.has("owner"), digest: None, entered };
        common.digest = self.digest(&section, &common);
        let rules = self.messages(&section, &common);
        Some(Arc::new(SmsRules { sign, owner: common.owner, mask, quiet, limits, gateways, rules }))
    }

    /// The numbers of a key, each of which must be a mobile.
    fn mobiles(&mut self, section: &Section<'_>, key: &str) -> Vec<Arc<str>> {
        let found = section.texts(&mut self.toml, key);
        self.refuse_length(section, key, found.len(), "name a mobile, or leave the key out");
        let mut mobiles = Vec::new();
        for found in found {
            mobiles.extend(self.mobile(&found).filter(|mobile| !mobiles.contains(mobile)));
        }
        mobiles
    }

    fn mobile(&mut self, found: &Located<&str>) -> Option<Arc<str>> {
        let number = normalise(found.value, None);
        let kind = match number.kind() {
            Kind::Mobile => return Some(number.digits().into()),
            Kind::Landline | Kind::Local => "a landline",
            Kind::Service => "a service number",
            Kind::Hotline => "a 400 or 800 number",
            Kind::International => "a number outside the mainland",
            Kind::Unknown => "a number of no known form",
            Kind::Withheld | Kind::Unreadable => "no telephone number",
        };
        let problem = SmsProblem::NoMobile { found: shortened(found.value), kind };
        self.toml.report(found.at, found.key.clone(), problem);
        None
    }

    /// Reports a list of a key that is empty or too long.
    fn refuse_length(&mut self, section: &Section<'_>, key: &str, count: usize, remedy: &'static str) {
        if section.table.is_empty_list(key) {
            self.toml.report(section.at(key), section.table.path(key), SmsProblem::Empty(remedy));
        } else if count > RECIPIENTS_MAX {
            let problem = SmsProblem::TooMany { count, max: RECIPIENTS_MAX };
            self.toml.report(section.at(key), section.table.path(key), problem);
        }
    }

    fn sign(&mut self, section: &Section<'_>) -> Arc<str> {
        let Some(found) = section.text(&mut self.toml, "sign") else { return Arc::default() };
        let sign = found.value.trim();
        let bad = |letter: char| letter.is_control() || matches!(letter, '【' | '】');
        if !(1..=SIGN_CHARS_MAX).contains(&sign.chars().count()) || sign.contains(bad) {
            self.toml.report(found.at, found.key, SmsProblem::Sign);
        }
        sign.into()
    }

    fn quiet(&mut self, section: &Section<'_>) -> Option<QuietHours> {
        let then = section.choice(&mut self.toml, "quiet_then", &QUIET_THENS).unwrap_or_default();
        let Some(found) = section.text(&mut self.toml, "quiet") else {
            if section.has("quiet_then") && !section.has("quiet") {
                let key = section.table.path("quiet_then");
                self.toml.report(section.at("quiet_then"), key, SmsProblem::NoQuiet);
            }
            return None;
        };
        match found.value.parse::<QuietHours>() {
            Ok(quiet) => Some(quiet.then(then)),
            Err(invalid) => {
                self.toml.report(found.at, found.key, SmsProblem::from(invalid));
                None
            }
        }
    }

    /// Names of something outside this file.
    fn names(&mut self, section: &Section<'_>, key: &str) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for Located { value, at, key } in section.texts(&mut self.toml, key) {
            if !is_name(value, WORD_CHARS_MAX) {
                self.toml.report(at, key, Problem::NoName(shortened(value), WORD_CHARS_MAX));
            } else if !names.iter().any(|name| **name == *value) {
                names.push(self.cache.word(value));
            }
        }
        names
    }

    fn digest(&mut self, section: &Section<'_>, common: &Common) -> Option<Digest> {
        let above = section.small(&mut self.toml, "digest_above").unwrap_or(DIGEST_ABOVE_DEFAULT);
        let every_min = section.small(&mut self.toml, "digest_every_min").unwrap_or(DIGEST_EVERY_MIN_DEFAULT);
        let template = self.template(section, "digest_template", Some(DIGEST_TEMPLATE));
        let text = self.text(section, "digest", DIGEST_TEXT, true, common);
        let digest =
            Digest { template: template?, text: text?, above, every: Millis::seconds(every_min * 60) };
        (above > 0).then_some(digest)
    }

    fn template(&mut self, section: &Section<'_>, key: &str, otherwise: Option<&str>) -> Option<Arc<str>> {
        let Some(found) = section.text(&mut self.toml, key) else {
            return otherwise.filter(|_| !section.has(key)).map(Arc::from);
        };
        if !is_name(found.value, TEMPLATE_NAME_CHARS_MAX) {
            let problem = Problem::NoName(shortened(found.value), TEMPLATE_NAME_CHARS_MAX);
            self.toml.report(found.at, found.key, problem);
            return None;
        }
        Some(self.cache.word(found.value))
    }

    fn text(
        &mut self,
        section: &Section<'_>,
        key: &str,
        otherwise: &str,
        is_digest: bool,
        common: &Common,
    ) -> Option<MessageText> {
        let Some(found) = section.text(&mut self.toml, key) else { return otherwise.parse().ok() };
        let text = match found.value.parse::<MessageText>() {
            Ok(text) => text,
            Err(invalid) => {
                self.toml.report(found.at, found.key, SmsProblem::from(invalid));
                return None;
            }
        };
        for value in text.values() {
            match (value, &common.entered) {
                (Value::Count | Value::Since, _) if !is_digest => {
                    let problem = SmsProblem::OnlyInDigest(value.to_string());
                    self.toml.report(found.at, found.key.clone(), problem);
                }
                (Value::Entered(name), Some(entered)) if !entered.contains(name) => {
                    let hint = Hint::of(name, entered.iter().map(|name| &**name));
                    let problem = SmsProblem::NotEntered { found: shortened(name), hint };
                    self.toml.report(found.at, found.key.clone(), problem);
                }
                (_, Some(_) | None) => {}
            }
        }
        Some(text)
    }

    fn messages(&mut self, section: &Section<'_>, common: &Common) -> Vec<MessageRule> {
        if !section.has("messages") {
            if !section.has("owner") {
                self.toml.report(section.table.at, section.table.name(), SmsProblem::Nothing);
            }
            return self.missed(common).into_iter().collect();
        }
        let tables = section.sections(&mut self.toml, "messages").unwrap_or_default();
        let key = section.table.path("messages");
        if section.table.is_empty_list("messages") {
            let problem = SmsProblem::Empty("add [[sms.messages]], or leave the key out");
            self.toml.report(section.at("messages"), key, problem);
        } else if tables.len() > MESSAGES_MAX {
            let problem = SmsProblem::TooMany { count: tables.len(), max: MESSAGES_MAX };
            self.toml.report(section.at("messages"), key, problem);
            return Vec::new();
        }
        let mut templates = BTreeMap::new();
        if let Some(digest) = &common.digest {
            let at = section.at("digest_template");
            templates.insert(digest.template.clone(), self.toml.position(at).line);
        }
        tables.iter().filter_map(|message| self.message(message, common, &mut templates)).collect()
    }

    /// The missed-call message in its fixed form.
    fn missed(&mut self, common: &Common) -> Option<MessageRule> {
        Some(MessageRule {
            template: self.cache.word(MISSED_TEMPLATE),
            on: MISSED.into(),
            to: vec![Recipient::Owner],
            text: MISSED_TEXT.parse().ok()?,
            lifetime: Millis::seconds(LIFETIME_MIN_DEFAULT * 60),
            digest: common.digest.clone(),
        })
    }

    fn message(
        &mut self,
        section: &Section<'_>,
        common: &Common,
        templates: &mut BTreeMap<Arc<str>, usize>,
    ) -> Option<MessageRule> {
        self.record_position(section.table.name(), section.table.at);
        let template = self.template(section, "template", None);
        if let Some(template) = &template {
            let at = section.at("template");
            match templates.get(template) {
                Some(first) => {
                    let problem = SmsProblem::TemplateTwice { template: template.to_string(), first: *first };
                    self.toml.report(at, section.table.path("template"), problem);
                }
                None => {
                    templates.insert(template.clone(), self.toml.position(at).line);
                }
            }
        }
        let on: BTreeSet<CallOutcome> =
            section.choices(&mut self.toml, "on", &OUTCOMES).into_iter().collect();
        if section.table.is_empty_list("on") {
            let problem = SmsProblem::Empty("write after which calls, such as on = \"no_answer\"");
            self.toml.report(section.at("on"), section.table.path("on"), problem);
        }
        let to = self.recipients(section, common);
        let text = self.text(section, "text", MISSED_TEXT, false, common);
        let lifetime_min = section.small(&mut self.toml, "lifetime_min").unwrap_or(LIFETIME_MIN_DEFAULT);
        let business_only = to.iter().all(|to| matches!(to, Recipient::Owner | Recipient::Number(_)));
        let own = section.flag(&mut self.toml, "digest");
        if own == Some(true) && common.digest.is_none() {
            self.toml.report(section.at("digest"), section.table.path("digest"), SmsProblem::NoDigest);
        }
        Some(MessageRule {
            template: template?,
            on,
            to,
            text: text?,
            lifetime: Millis::seconds(lifetime_min * 60),
            digest: common.digest.clone().filter(|_| own.unwrap_or(business_only)),
        })
    }

    fn recipients(&mut self, section: &Section<'_>, common: &Common) -> Vec<Recipient> {
        let found = section.texts(&mut self.toml, "to");
        self.refuse_length(section, "to", found.len(), "write who gets the message, such as to = \"owner\"");
        let mut recipients: Vec<Recipient> = Vec::new();
        for found in found {
            let known = RECIPIENTS.iter().find(|(word, _)| *word == found.value);
            let recipient = match known {
                Some((_, recipient)) => {
                    if *recipient == Recipient::Owner && !common.has_owner {
                        self.toml.report(found.at, found.key, SmsProblem::NoOwner);
                    }
                    Some(recipient.clone())
                }
                None if found.value.contains(|letter: char| letter.is_numeric()) => {
                    self.mobile(&found).map(Recipient::Number)
                }
                None => {
                    let hint =
                        Hint::of(found.value, RECIPIENTS.map(|(word, _)| word).into_iter().chain([A_NUMBER]));
                    let problem = SmsProblem::Recipient { found: shortened(found.value), hint };
                    self.toml.report(found.at, found.key, problem);
                    None
                }
            };
            recipients.extend(recipient.filter(|recipient| !recipients.contains(recipient)));
        }
        recipients
    }
}

#[cfg(test)]
mod tests {
    use crate::{SoundFolder, load};
    use hotlined_core::message::{CallOutcome, MISSED_TEXT, SmsRules};
    use hotlined_core::time::Millis;
    use std::fs;

    fn sms(sections: &str) -> SmsRules {
        let folder = tempfile::tempdir().unwrap();
        let agents = "[[agents]]\nid = \"01\"\nphone = \"13900000001\"\n";
        let text = format!("number = \"4008001234\"\nname = \"Shop\"\n{agents}[sms]\n{sections}");
        fs::write(folder.path().join("shop.toml"), text).unwrap();
        let hotlines = load(folder.path(), &SoundFolder::new("/", "/")).unwrap();
        SmsRules::clone(hotlines.get("4008001234").unwrap().sms.as_deref().unwrap())
    }

    #[test]
    fn an_owner_alone_is_told_of_missed_calls_in_the_fixed_form() {
        let short = sms("owner = \"+86 139-0000-0009\"\n");
        let written = sms(&format!(
            "owner = [\"13900000009\"]\nmask = \"end\"\nnumber_hour_max = 50\nnumber_day_max = 50\nday_max = 10000\n\
             digest_above = 40\ndigest_every_min = 60\ndigest_template = \"digest\"\n[[sms.messages]]\n\
             template = \"missed\"\non = [\"closed\", \"busy\", \"abandoned\", \"no_answer\"]\nto = [\"owner\"]\n\
             text = \"{MISSED_TEXT}\"\nlifetime_min = 120\ndigest = true\n"
        ));
        assert_eq!(short, written);
        let [missed] = &short.rules[..] else { panic!("{short:?}") };
        assert!(!missed.on.contains(&CallOutcome::MessageLeft) && missed.lifetime == Millis::seconds(7_200));
    }

    #[test]
    fn many_messages_are_put_together_where_they_go_to_the_business_only() {
        let digests = |to: &str, more: &str, above: u32| {
            let message = "[[sms.messages]]\ntemplate = \"any\"\non = \"busy\"\n";
            let owner = "owner = \"13900000009\"\n";
            let rules = sms(&format!("{owner}digest_above = {above}\n{message}to = {to}\n{more}"));
            rules.rules[0].digest.as_ref().map(|digest| digest.above)
        };
        assert_eq!(digests("[\"owner\", \"13900000008\"]", "", 5), Some(5));
        assert_eq!(digests("[\"owner\", \"caller\"]", "", 5), None);
        assert_eq!(digests("\"agent\"", "", 5), None);
        assert_eq!(digests("\"agent\"", "digest = true\n", 5), Some(5));
        assert_eq!(digests("\"owner\"", "digest = false\n", 5), None);
        assert_eq!(digests("\"owner\"", "", 0), None);
    }

    #[test]
    fn a_number_that_stands_twice_is_one() {
        let rules = sms("owner = [\"13900000009\", \"+8613900000009\"]\ngateways = [\"a\", \"b\", \"a\"]\n");
        assert_eq!(rules.owner, ["13900000009".into()]);
        assert_eq!(rules.gateways, ["a".into(), "b".into()]);
    }
}
