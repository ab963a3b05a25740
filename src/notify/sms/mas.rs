//! 云MAS of China Mobile (中国移动): `norsubmit`, base64 of JSON with an MD5 as proof. It takes free text.
//!
//! The address is the one that the carrier names. The signature is a code that the carrier registers, such as
//! `DWItALe3A`, and stands by itself. The gateway knows no id of ours: a receipt is matched by the gateway's own.
//!
//! Receipts: the form is that of public implementations; the carrier's paper is not public.

use super::answer::{accepted, by_status, coded, field, json};
use super::classes::{CONFIGURATION, Codes, RETRY, THROTTLED, UNKNOWN, meaning};
use super::receipts::{self, ReceiptAnswer, ReceiptError};
use super::request::{Address, RequestError, SmsRequest};
use crate::digest::{base64, hex, md5};
use crate::http::{HttpAnswer, HttpRequest};
use crate::secret::Secret;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use serde::Serialize;

const CODES: Codes = &[
    ("IllegalMac", CONFIGURATION),
    ("IllegalSignId", CONFIGURATION),
    ("NoSignId", CONFIGURATION),
    ("NotLoadedSign", CONFIGURATION),
    ("InvalidUsrOrPwd", CONFIGURATION),
    ("IllegalIpAddress", CONFIGURATION),
    ("NOT_WHITE_IP", CONFIGURATION),
    ("IllegalProtocol", CONFIGURATION),
    ("IllegalUseTemplate", CONFIGURATION),
    ("OverDailyMax", THROTTLED),
    ("FlowOverLimit", THROTTLED),
    ("QueueOverLimit", RETRY),
    ("SystemBusy", RETRY),
    ("InternalError", RETRY),
    ("RequestTimeout", UNKNOWN),
    ("TransportError", UNKNOWN),
];

/// The settings of 云MAS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mas {
    /// Where requests go to, as the carrier names it: `…/sms/norsubmit`, or `…/sms/submit` for https.
    pub url: String,
    /// The name of the business, as it is registered.
    pub ec_name: String,
    /// The user of the interface.
    pub ap_id: String,
    /// The password of that user.
    pub secret_key: Secret,
    /// The code of the signature (签名编码).
    pub sign: String,
    /// More digits of the sender's number; may be empty.
    pub add_serial: String,
}

/// In the order of the carrier's example.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    ec_name: &'a str,
    ap_id: &'a str,
    mobiles: &'a str,
    content: &'a str,
    sign: &'a str,
    add_serial: &'a str,
    mac: &'a str,
}

impl Mas {
    fn mac(&self, mobiles: &str, content: &str) -> String {
        let Self { ec_name, ap_id, secret_key, sign, add_serial, .. } = self;
        let parts = [ec_name, ap_id, secret_key.expose(), mobiles, content, sign, add_serial];
        hex(&md5(parts.concat().as_bytes()))
    }

    pub(crate) fn request(&self, sms: &SmsRequest<'_>) -> Result<HttpRequest, RequestError> {
        let address = Address::parse(&self.url)?;
        let (mobiles, content) = (sms.to(), &*sms.message.text);
        let mac = self.mac(mobiles, content);
        let Self { ec_name, ap_id, sign, add_serial, .. } = self;
        let payload = Payload { ec_name, ap_id, mobiles, content, sign, add_serial, mac: &mac };
        let made = |_| RequestError::Made { template: "payload".into(), reason: "no JSON" };
        let body = serde_json::to_vec(&payload).map_err(made)?;
        Ok(HttpRequest {
            method: "POST".to_owned(),
            url: address.plain(),
            headers: vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())],
            body: base64(&body).into_bytes(),
        })
    }

    pub(crate) fn read_answer(answer: &HttpAnswer) -> SendOutcome {
        let Some(body) = json(answer) else { return by_status(answer) };
        let Some(code) = field(&body, "rspcod") else { return by_status(answer) };
        if code == "success" && field(&body, "success").is_none_or(|success| success == "true") {
            // Some provinces spell it so.
            return accepted(receipts::any_field(&body, &["msgGroup", "mgsGroup"]));
        }
        coded(answer, meaning(CODES, &code), &code, "")
    }

    pub(crate) fn read_receipts(body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let body = receipts::json(body)?;
        receipts::usable(receipts::elements(&body).iter().map(|report| {
            let (status, error) = (field(report, "reportStatus"), field(report, "errorCode"));
            let is_delivered = status.as_deref() == Some("CM:0000") || error.as_deref() == Some("DELIVRD");
            let code = error.or(status)?;
            let id = receipts::any_field(report, &["msgGroup", "mgsGroup"]);
            receipts::receipt(id, None, field(report, "mobile"), is_delivered, &code)
        }))
    }

    pub(crate) fn receipt_answer() -> ReceiptAnswer {
        ReceiptAnswer::text("")
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use hotlined_core::message::sending::RefusalClass;

    /// The example of the carrier's HTTP specification.
    #[test]
    fn the_request_is_the_official_one() {
        let gateway = Mas {
            url: "http://mas.example/sms/norsubmit".into(),
            ec_name: "政企分公司测试".into(),
            ap_id: "demo0".into(),
            secret_key: "123qwe".into(),
            sign: "DWItALe3A".into(),
            add_serial: String::new(),
        };
        assert_eq!(gateway.mac("13800138000", "移动改变生活。"), "7997ddb079db2155b517b21b2a812370");
        let mut message = sample::message();
        message.text = "移动改变生活。".into();
        let request = gateway.request(&sample::request(&message, "1")).unwrap();
        assert_eq!(
            String::from_utf8(request.body).unwrap(),
            "eyJlY05hbWUiOiLmlL/kvIHliIblhazlj7jmtYvor5UiLCJhcElkIjoiZGVtbzAiLCJtb2JpbGVzIjoiMTM4MDAxMzgwMDAiLCJjb250\
             ZW50Ijoi56e75Yqo5pS55Y+Y55Sf5rS744CCIiwic2lnbiI6IkRXSXRBTGUzQSIsImFkZFNlcmlhbCI6IiIsIm1hYyI6Ijc5OTdkZGIw\
             NzlkYjIxNTViNTE3YjIxYjJhODEyMzcwIn0="
        );
        assert_eq!(request.url, "http://mas.example/sms/norsubmit");
    }

    #[test]
    fn answers_are_understood() {
        let read = |body: &str| Mas::read_answer(&sample::answer(200, body));
        let id = Some("0927152506001000833076".to_owned());
        for ok in [
            r#"{"msgGroup":"0927152506001000833076","rspcod":"success","success":true}"#,
            r#"{"mgsGroup":"0927152506001000833076","rspcod":"success","success":true}"#,
        ] {
            assert_eq!(read(ok), SendOutcome::Accepted { id: id.clone() });
        }
        let class = |code: &str| {
            sample::class(&read(&format!(r#"{{"msgGroup":"","rspcod":"{code}","success":false}}"#)))
        };
        assert_eq!(class("IllegalMac"), Some(RefusalClass::Configuration));
        assert_eq!(class("InvalidUsrOrPwd"), Some(RefusalClass::Configuration));
        assert_eq!(class("OverDailyMax"), Some(RefusalClass::Throttled));
        assert_eq!(class("SystemBusy"), Some(RefusalClass::Retry));
        assert_eq!(class("InvalidMobile"), Some(RefusalClass::Rejected));
        assert_eq!(class("success"), Some(RefusalClass::Rejected), "a success that is none");
        assert!(matches!(read("success"), SendOutcome::Unknown { .. }));
    }

    #[test]
    fn receipts_are_read() {
        let body = r#"{"errorCode":"DELIVRD","mobile":"13800138000","msgGroup":"0826112130001000330441",
            "receiveDate":"20190826112100","reportStatus":"CM:0000","submitDate":"20190826112100"}"#;
        let receipts = Mas::read_receipts(body.as_bytes()).unwrap();
        assert_eq!(
            (receipts[0].gateway_id.as_str(), receipts[0].is_delivered),
            ("0826112130001000330441", true)
        );
        let failed =
            Mas::read_receipts(br#"[{"errorCode":"MK:0012","msgGroup":"1","reportStatus":"ID:0012"}]"#)
                .unwrap();
        assert_eq!((failed[0].is_delivered, failed[0].code.as_str()), (false, "MK:0012"));
    }
}
