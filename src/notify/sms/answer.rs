//! What the answers of all gateways have in common.

use super::classes::Meaning;
use crate::http::{ANSWER_BYTES_MAX, HttpAnswer};
use hotlined_core::message::sending::{Refusal, RefusalClass, SendOutcome};
use serde_json::Value;

/// The longest code and words of a gateway that are kept.
const CODE_CHARS_MAX: usize = 64;
const TEXT_CHARS_MAX: usize = 200;
/// The longest id of a gateway. A longer one is no id.
const GATEWAY_ID_CHARS_MAX: usize = 128;
/// A row of digits this long is a telephone number or a key, and is not shown.
const SHOWN_DIGITS_MAX: usize = 6;

/// The JSON of an answer; none if it is too long, no UTF-8 or no JSON.
pub(crate) fn json(answer: &HttpAnswer) -> Option<Value> {
    if answer.body.len() > ANSWER_BYTES_MAX {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}

/// A text, number or truth value as text.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A field of an object as text; none if it is not there or empty.
pub(crate) fn field(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(as_text).filter(|text| !text.is_empty())
}

/// The gateway took it. Without an id that can be kept, the receipt cannot be matched by it.
pub(crate) fn accepted(id: Option<String>) -> SendOutcome {
    let is_id = |id: &String| {
        (1..=GATEWAY_ID_CHARS_MAX).contains(&id.chars().count()) && !id.chars().any(char::is_control)
    };
    SendOutcome::Accepted { id: id.filter(is_id) }
}

/// The gateway answered with this code.
pub(crate) fn coded(answer: &HttpAnswer, meaning: Meaning, code: &str, text: &str) -> SendOutcome {
    match meaning {
        Meaning::Refused(class) => SendOutcome::Refused(Refusal {
            class,
            code: shown(code, CODE_CHARS_MAX),
            text: shown(text, TEXT_CHARS_MAX),
            retry_after: answer.retry_after,
        }),
        Meaning::Unknown => {
            SendOutcome::Unknown { reason: format!("the gateway answered {}", shown(code, CODE_CHARS_MAX)) }
        }
    }
}

/// An answer whose body is not what the gateway sends: its status says what can be known.
pub(crate) fn by_status(answer: &HttpAnswer) -> SendOutcome {
    let class = match answer.status {
        429 => RefusalClass::Throttled,
        408 | 503 => RefusalClass::Retry,
        // A wrong address is the operator's to mend, and so is a redirection.
        401 | 403 | 404 | 405 | 407 | 300..=399 => RefusalClass::Configuration,
        400..=499 => RefusalClass::Rejected,
        status => {
            let what =
                if answer.body.len() > ANSWER_BYTES_MAX { "is too long" } else { "cannot be understood" };
            return SendOutcome::Unknown { reason: format!("the answer of status {status} {what}") };
        }
    };
    let code = format!("http {}", answer.status);
    SendOutcome::Refused(Refusal { class, code, text: String::new(), retry_after: answer.retry_after })
}

/// A gateway's words as a log may have them: short, on one line, without telephone numbers.
pub(crate) fn shown(text: &str, chars_max: usize) -> String {
    let mut shown = String::new();
    let mut digits = 0;
    for letter in text.chars().take(chars_max) {
        digits = if letter.is_ascii_digit() { digits + 1 } else { 0 };
        shown.push(match letter {
            letter if letter.is_control() => ' ',
            letter if digits > SHOWN_DIGITS_MAX && letter.is_ascii_digit() => '*',
            letter => letter,
        });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_core::time::Millis;

    fn answer(status: u16, body: &[u8]) -> HttpAnswer {
        HttpAnswer { status, retry_after: Some(Millis(7)), body: body.to_vec() }
    }

    #[test]
    fn a_status_says_what_a_foreign_body_does_not() {
        let class = |status| match by_status(&answer(status, b"<html>")) {
            SendOutcome::Refused(refusal) => {
                assert_eq!((refusal.code, refusal.retry_after), (format!("http {status}"), Some(Millis(7))));
                Some(refusal.class)
            }
            SendOutcome::Unknown { .. } => None,
            outcome => panic!("{outcome:?}"),
        };
        for status in [0, 200, 204, 500, 502, 504, 599, 999] {
            assert_eq!(class(status), None, "{status}");
        }
        for status in [301, 302, 307, 401, 403, 404] {
            assert_eq!(class(status), Some(RefusalClass::Configuration), "{status}");
        }
        for status in [400, 413, 422] {
            assert_eq!(class(status), Some(RefusalClass::Rejected), "{status}");
        }
        assert_eq!(class(429), Some(RefusalClass::Throttled));
        assert_eq!(class(503), Some(RefusalClass::Retry));
    }

    #[test]
    fn what_is_too_long_or_no_text_is_no_json() {
        assert!(json(&answer(200, b"{}")).is_some());
        let long = format!("\"{}\"", "a".repeat(ANSWER_BYTES_MAX - 1));
        assert_eq!(json(&answer(200, long.as_bytes())), None);
        assert!(
            json(&answer(200, &long.as_bytes()[1..])).is_none()
                && json(&answer(200, b"\"\xd6\xd0\"")).is_none()
        );
    }

    #[test]
    fn the_words_of_a_gateway_show_no_number_and_stay_on_their_line() {
        let outcome =
            coded(&answer(200, b""), super::super::classes::BALANCE, "a\nb", "13800138000 is 余额不足\u{7}");
        let SendOutcome::Refused(refusal) = outcome else { panic!() };
        assert_eq!((refusal.code.as_str(), refusal.text.as_str()), ("a b", "138001***** is 余额不足 "));
        assert_eq!(shown(&"字".repeat(500), TEXT_CHARS_MAX).chars().count(), TEXT_CHARS_MAX);
    }

    #[test]
    fn an_id_that_is_none_is_not_kept() {
        assert_eq!(accepted(Some("a1".into())), SendOutcome::Accepted { id: Some("a1".into()) });
        for id in [String::new(), "a\0".into(), "a".repeat(200)] {
            assert_eq!(accepted(Some(id)), SendOutcome::Accepted { id: None });
        }
    }
}
