//! Yunpian (云片): `single_send`, a form with the key in it. It takes free text that begins with 【签名】.
//!
//! Receipts come to the address in each request. Error codes: yunpian.com/official/document/sms/zh_cn/returnvalue_common.

use super::answer::{accepted, by_status, coded, field, json};
use super::classes::{BALANCE, CONFIGURATION, Codes, RETRY, THROTTLED, meaning};
use super::receipts::{self, ReceiptAnswer, ReceiptError};
use super::request::{Address, RequestError, SmsRequest};
use crate::encoding::pairs;
use crate::http::{HttpAnswer, HttpRequest};
use crate::secret::Secret;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use serde_json::Value;

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

const CODES: Codes = &[
    ("3", BALANCE),
    // No template of the account fits the text.
    ("5", CONFIGURATION),
    ("7", CONFIGURATION),
    // The same text, or too many texts, to one number.
    ("8", THROTTLED),
    ("9", THROTTLED),
    ("17", THROTTLED),
    ("22", THROTTLED),
    ("33", THROTTLED),
    ("43", THROTTLED),
    ("11", CONFIGURATION),
    ("12", CONFIGURATION),
    ("13", CONFIGURATION),
    ("15", CONFIGURATION),
    ("16", CONFIGURATION),
    ("18", CONFIGURATION),
    ("27", CONFIGURATION),
    ("28", RETRY),
    ("40", CONFIGURATION),
    ("-1", CONFIGURATION),
    ("-2", CONFIGURATION),
    ("-3", CONFIGURATION),
    ("-4", THROTTLED),
    ("-5", RETRY),
    ("-50", RETRY),
    ("-51", RETRY),
    ("-53", RETRY),
    ("-57", CONFIGURATION),
];

/// The settings of Yunpian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yunpian {
    /// Where requests go to; [`Self::URL`].
    pub url: String,
    /// The key of the account.
    pub api_key: Secret,
    /// The signature (签名) of messages that have none of their own.
    pub sign: String,
}

impl Yunpian {
    /// The address of the service.
    pub const URL: &str = "https://sms.yunpian.com/v2/sms/single_send.json";

    pub(crate) fn request(&self, sms: &SmsRequest<'_>) -> Result<HttpRequest, RequestError> {
        let address = Address::parse(&self.url)?;
        let text = sms.signed_text(&self.sign);
        let mut fields =
            vec![("apikey", self.api_key.expose()), ("mobile", sms.to()), ("text", &text), ("uid", &sms.id)];
        if let Some(receipt_url) = sms.receipt_url {
            fields.push(("callback_url", receipt_url));
        }
        let headers = [("content-type", CONTENT_TYPE), ("accept", "application/json; charset=utf-8")];
        Ok(HttpRequest {
            method: "POST".to_owned(),
            url: address.plain(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: pairs(fields).into_bytes(),
        })
    }

    pub(crate) fn read_answer(answer: &HttpAnswer) -> SendOutcome {
        let Some(body) = json(answer) else { return by_status(answer) };
        let Some(code) = field(&body, "code") else { return by_status(answer) };
        if code == "0" {
            return accepted(field(&body, "sid"));
        }
        let text = receipts::any_field(&body, &["detail", "msg"]).unwrap_or_default();
        coded(answer, meaning(CODES, &code), &code, &text)
    }

    pub(crate) fn read_receipts(content_type: &str, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let reports = if content_type.contains("json") {
            receipts::json(body)?
        } else {
            let form = receipts::form(body, receipts::utf8)?;
            let field =
                form.get("sms_status").and_then(Value::as_str).ok_or(ReceiptError::Form("no sms_status"))?;
            receipts::json(field.as_bytes())?
        };
        receipts::usable(receipts::elements(&reports).iter().map(|report| {
            let is_delivered = field(report, "report_status")? == "SUCCESS";
            let code = field(report, "error_msg").unwrap_or_default();
            let (id, uid) = (field(report, "sid"), field(report, "uid"));
            receipts::receipt(id, uid, field(report, "mobile"), is_delivered, &code)
        }))
    }

    pub(crate) fn receipt_answer() -> ReceiptAnswer {
        ReceiptAnswer::text("SUCCESS")
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use hotlined_core::message::sending::RefusalClass;

    #[test]
    fn the_text_begins_with_the_signature_and_keeps_every_character() {
        let gateway =
            Yunpian { url: Yunpian::URL.into(), api_key: "k&y".into(), sign: "示例商店".into() };
        let mut message = sample::message();
        message.text = "a&b=c+d%{e}\u{1}".into();
        let mut sms = sample::request(&message, "call-1:missed:13800138000");
        sms.receipt_url = Some("https://example.com/r?a=b");
        let request = gateway.request(&sms).unwrap();
        assert_eq!(
            String::from_utf8(request.body).unwrap(),
            "apikey=k%26y&mobile=13800138000&text=%E3%80%90%E7%A4%BA%E4%BE%8B%E5%95%86%E5%BA%97%E3%80%91\
             a%26b%3Dc%2Bd%25%7Be%7D%01&uid=call-1%3Amissed%3A13800138000\
             &callback_url=https%3A%2F%2Fexample.com%2Fr%3Fa%3Db"
        );
        message.sign = "商店".into();
        let request = gateway.request(&sample::request(&message, "1")).unwrap();
        assert!(
            String::from_utf8(request.body).unwrap().contains("text=%E3%80%90%E5%95%86%E5%BA%97%E3%80%91")
        );
    }

    #[test]
    fn answers_are_understood() {
        let read = |status, body: &str| Yunpian::read_answer(&sample::answer(status, body));
        let ok = r#"{"code":0,"msg":"发送成功","count":1,"fee":0.05,"unit":"RMB","mobile":"13800138000","sid":3310228982}"#;
        assert_eq!(read(200, ok), SendOutcome::Accepted { id: Some("3310228982".into()) });
        let class = |code: i32| {
            sample::class(&read(
                400,
                &format!(r#"{{"http_status_code":400,"code":{code},"msg":"m","detail":"d"}}"#),
            ))
        };
        for code in [8, 9, 17, 22] {
            assert_eq!(class(code), Some(RefusalClass::Throttled), "{code}");
        }
        for code in [-5, -50, -51, -53] {
            assert_eq!(class(code), Some(RefusalClass::Retry), "{code}");
        }
        assert_eq!(class(3), Some(RefusalClass::Balance));
        assert_eq!(class(-1), Some(RefusalClass::Configuration));
        assert_eq!(class(10), Some(RefusalClass::Rejected));
        assert!(matches!(read(200, "[]"), SendOutcome::Unknown { .. }));
    }

    #[test]
    fn receipts_are_read() {
        let form = "sms_status=%5B%7B%22sid%22%3A9527%2C%22uid%22%3Anull%2C%22user_receive_time%22%3A%222014-03-17\
                    +22%3A55%3A21%22%2C%22error_msg%22%3A%22DELIVRD%22%2C%22mobile%22%3A%2213800138000%22%2C\
                    %22report_status%22%3A%22SUCCESS%22%7D%5D";
        let receipts = Yunpian::read_receipts("application/x-www-form-urlencoded", form.as_bytes()).unwrap();
        let expected = Receipt {
            gateway_id: "9527".into(),
            our_id: None,
            to: Some("13800138000".into()),
            is_delivered: true,
            code: "DELIVRD".into(),
        };
        assert_eq!(receipts, [expected]);
        let form = "application/x-www-form-urlencoded";
        assert_eq!(Yunpian::read_receipts(form, b"a=b"), Err(ReceiptError::Form("no sms_status")));
    }
}
