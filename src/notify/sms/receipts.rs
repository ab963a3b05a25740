//! What the receipts of all gateways have in common.

use super::answer::field;
use super::request::national;
use crate::encoding::form_fields;
use hotlined_core::message::sending::Receipt;
use serde_json::Value;

/// The longest body of receipts that is read: gateways send a few hundred receipts at once, of 300 bytes each.
pub const RECEIPTS_BYTES_MAX: usize = 256 * 1024;
/// The longest id in a receipt, and the longest code.
const ID_CHARS_MAX: usize = 128;
const CODE_CHARS_MAX: usize = 32;

/// Why a body is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Too long.
    #[error("receipts of more than {RECEIPTS_BYTES_MAX} bytes")]
    TooLong,
    /// The body is not in the form of this gateway.
    #[error("the body is {0}")]
    Form(&'static str),
    /// No receipt in it has an id and a status.
    #[error("no receipt has an id and a status")]
    Fields,
    /// This gateway is set up without receipts.
    #[error("the gateway has no receipts")]
    None,
}

/// What a gateway wants to hear when it delivers receipts; without it, it delivers them again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptAnswer {
    /// The status.
    pub status: u16,
    /// The type of the body.
    pub content_type: String,
    /// The body.
    pub body: String,
}

impl ReceiptAnswer {
    pub(crate) fn json(body: &str) -> Self {
        Self { status: 200, content_type: "application/json; charset=utf-8".into(), body: body.into() }
    }

    pub(crate) fn text(body: &str) -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8".into(), body: body.into() }
    }
}

/// Refuses a body that is too long.
pub(crate) fn check_length(body: &[u8]) -> Result<(), ReceiptError> {
    if body.len() > RECEIPTS_BYTES_MAX { Err(ReceiptError::TooLong) } else { Ok(()) }
}

/// The JSON of a body.
pub(crate) fn json(body: &[u8]) -> Result<Value, ReceiptError> {
    check_length(body)?;
    serde_json::from_slice(body).map_err(|_| ReceiptError::Form("no JSON"))
}

/// The elements of a list, or the one value that is no list.
pub(crate) fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        other => std::slice::from_ref(other),
    }
}

/// The receipts that can be used. Those without an id or a status are left out; the gateway would send them again and
/// again.
///
/// # Errors
/// If there are some and none can be used.
pub(crate) fn usable(receipts: impl Iterator<Item = Option<Receipt>>) -> Result<Vec<Receipt>, ReceiptError> {
    let all: Vec<Option<Receipt>> = receipts.collect();
    let is_empty = all.is_empty();
    let usable: Vec<Receipt> = all.into_iter().flatten().collect();
    if usable.is_empty() && !is_empty { Err(ReceiptError::Fields) } else { Ok(usable) }
}

/// A receipt; none if it names no message.
pub(crate) fn receipt(
    gateway_id: Option<String>,
    our_id: Option<String>,
    to: Option<String>,
    is_delivered: bool,
    code: &str,
) -> Option<Receipt> {
    let is_id =
        |id: &String| (1..=ID_CHARS_MAX).contains(&id.chars().count()) && !id.chars().any(char::is_control);
    let (gateway_id, our_id) = (gateway_id.filter(is_id), our_id.filter(is_id));
    if gateway_id.is_none() && our_id.is_none() {
        return None;
    }
    let digits = to.map(|to| national(&to).to_owned());
    let is_number =
        |to: &String| (1..=20).contains(&to.len()) && to.bytes().all(|byte| byte.is_ascii_digit());
    Some(Receipt {
        gateway_id: gateway_id.unwrap_or_default(),
        our_id,
        to: digits.filter(is_number),
        is_delivered,
        code: super::answer::shown(code, CODE_CHARS_MAX),
    })
}

/// The fields of a form as a JSON object of texts.
pub(crate) fn form(body: &[u8], text: impl Fn(&[u8]) -> Option<String>) -> Result<Value, ReceiptError> {
    check_length(body)?;
    let fields =
        form_fields(body).into_iter().map(|(name, value)| Some((text(&name)?, Value::String(text(&value)?))));
    let fields: Option<serde_json::Map<String, Value>> = fields.collect();
    Ok(Value::Object(fields.ok_or(ReceiptError::Form("not in the charset of the gateway"))?))
}

/// A text of a form that is in UTF-8.
pub(crate) fn utf8(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

/// The first of these fields that is there.
pub(crate) fn any_field(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| field(value, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_receipt_does_not_lose_the_others() {
        let good = || receipt(Some("1".into()), None, Some("+8613800138000".into()), true, "DELIVRD");
        let none = || receipt(Some("a\nb".into()), Some(String::new()), None, true, "DELIVRD");
        let receipts = usable([none(), good()].into_iter()).unwrap();
        assert_eq!(receipts.len(), 1);
        assert_eq!(receipts[0].to.as_deref(), Some("13800138000"));
        assert_eq!(usable([none()].into_iter()), Err(ReceiptError::Fields));
        assert_eq!(usable(std::iter::empty()), Ok(Vec::new()));
        assert_eq!(receipt(Some("1".into()), None, Some("<b>".into()), false, "X").unwrap().to, None);
        assert_eq!(json(&vec![b' '; RECEIPTS_BYTES_MAX + 1]), Err(ReceiptError::TooLong));
    }
}
