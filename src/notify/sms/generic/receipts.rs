//! The generic gateway: receipts.

use super::answer::at;
use super::settings::GenericSettings;
use crate::sms::receipts::{ReceiptError, check_length, elements, form, receipt, usable};
use hotlined_core::message::sending::Receipt;
use serde_json::Value;

pub(super) fn read(
    settings: &GenericSettings,
    content_type: &str,
    body: &[u8],
) -> Result<Vec<Receipt>, ReceiptError> {
    let rules = settings.receipts.as_ref().ok_or(ReceiptError::None)?;
    check_length(body)?;
    let text = |bytes: &[u8]| settings.charset.decode(bytes).map(std::borrow::Cow::into_owned);
    let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| ReceiptError::Form("no JSON"));
    let body = if content_type.contains("form") {
        let form = form(body, text)?;
        match &rules.field {
            Some(field) => json(
                form.get(field)
                    .and_then(Value::as_str)
                    .ok_or(ReceiptError::Form("without the field of receipts"))?,
            )?,
            None => form,
        }
    } else {
        json(&text(body).ok_or(ReceiptError::Form("not in the charset of the gateway"))?)?
    };
    let list = match &rules.list {
        Some(pointer) => body.pointer(pointer).ok_or(ReceiptError::Form("without the list of receipts"))?,
        None => &body,
    };
    usable(elements(list).iter().map(|report| {
        let place = |pointer: &Option<String>| at(report, pointer.as_ref()?);
        let code = at(report, &rules.status)?;
        let is_delivered = rules.delivered.contains(&code);
        receipt(place(&rules.id), place(&rules.our_id), place(&rules.to), is_delivered, &code)
    }))
}
