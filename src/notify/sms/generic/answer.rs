//! The generic gateway: answers.

use super::settings::GenericSettings;
use crate::http::{ANSWER_BYTES_MAX, HttpAnswer};
use crate::secret::Secret;
use crate::sms::answer::{accepted, as_text, by_status, coded};
use crate::sms::classes::{Meaning, REJECTED};
use hotlined_core::message::sending::SendOutcome;
use serde_json::Value;

/// A secret shorter than this is not looked for in a gateway's words: it would be found everywhere.
const SECRET_CHARS_MIN: usize = 4;

pub(super) fn read(settings: &GenericSettings, answer: &HttpAnswer) -> SendOutcome {
    let rules = &settings.answer;
    let is_success_status = match rules.status.as_slice() {
        [] => (200..300).contains(&answer.status),
        statuses => statuses.contains(&answer.status),
    };
    let body = body(settings, answer);
    let at = |pointer: &Option<String>| at(body.as_ref()?, pointer.as_ref()?);
    let is_success = match &rules.success {
        Some(success) => {
            let found = body.as_ref().and_then(|body| self::at(body, &success.pointer));
            found.is_some_and(|found| success.equals.contains(&found))
        }
        // Where only the status says it, an id that is told of must be there.
        None => rules.id.is_none() || at(&rules.id).is_some(),
    };
    if is_success_status && is_success {
        return accepted(at(&rules.id));
    }
    // Without a place for codes, what stands where success would stand is the code.
    let place = || rules.success.as_ref().map(|success| success.pointer.clone());
    let code = at(&rules.code).or_else(|| at(&place())).filter(|_| !is_success);
    let Some(code) = code else { return by_status(answer) };
    let meaning = match rules.errors.get(&code) {
        Some(class) => Meaning::Refused(*class),
        None if is_success_status => REJECTED,
        None => return by_status(answer),
    };
    let hidden = |text: &str| settings.secrets.values().fold(text.to_owned(), without);
    coded(answer, meaning, &hidden(&code), &hidden(&at(&rules.text).unwrap_or_default()))
}

/// The body as JSON. A body that is no JSON is one text; a page for a browser is nothing.
fn body(settings: &GenericSettings, answer: &HttpAnswer) -> Option<Value> {
    if answer.body.len() > ANSWER_BYTES_MAX {
        return None;
    }
    let text = settings.charset.decode(&answer.body)?;
    let text = text.trim();
    if let Ok(json) = serde_json::from_str(text) {
        return Some(json);
    }
    (!text.is_empty() && !text.starts_with('<')).then(|| Value::from(text))
}

/// What stands at a pointer, as text.
pub(super) fn at(body: &Value, pointer: &str) -> Option<String> {
    body.pointer(pointer).and_then(as_text).filter(|text| !text.is_empty())
}

fn without(text: String, secret: &Secret) -> String {
    let secret = secret.expose();
    if secret.chars().count() < SECRET_CHARS_MIN { text } else { text.replace(secret, "Secret") }
}
