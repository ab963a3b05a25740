//! The side of Alibaba Cloud.

use super::arrived::{Arrived, decoded_fields, encoded, is_mobile, is_near, value};
use super::digests::{hex, hmac, sha256_hex};
use super::protocol::{JSON, Problem, Protocol, Submission, Trouble, ensure, json, needed};
use hotlined_core::time::{Instant, Millis};
use hotlined_notify::http::HttpAnswer;
use serde_json::{Value, json};

pub(super) const KEY_ID: &str = "LTAI-fake";
pub(super) const KEY: &str = "fake-alibaba-key";
const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const TOLERANCE: Millis = Millis::seconds(15 * 60);
const SIGNED: [&str; 6] =
    ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];

pub(super) struct AlibabaSide;

impl Protocol for AlibabaSide {
    fn read(&self, arrived: &Arrived<'_>, now: Instant) -> Result<Submission, Problem> {
        let is_send =
            arrived.header("x-acs-action") == "SendSms" && arrived.header("x-acs-version") == "2017-05-25";
        ensure(arrived.method == "POST" && is_send, Problem::Address)?;
        let date = arrived.header("x-acs-date").parse().ok();
        ensure(is_near(date, now, TOLERANCE), Problem::Clock)?;
        let authorization = arrived.fields("authorization", ALGORITHM);
        let names = value(&authorization, "SignedHeaders");
        let is_all_signed = SIGNED.iter().all(|name| names.split(';').any(|known| known == *name));
        let body_sha256 = sha256_hex(arrived.body);
        ensure(is_all_signed && arrived.header("x-acs-content-sha256") == body_sha256, Problem::Signature)?;
        let mut pairs = decoded_fields(arrived.query.as_bytes());
        pairs.sort();
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let headers = arrived.canonical_headers(names, str::to_owned);
        let path = arrived.path;
        let canonical = format!("POST\n{path}\n{}\n{headers}\n{names}\n{body_sha256}", query.join("&"));
        let to_sign = format!("{ALGORITHM}\n{}", sha256_hex(canonical.as_bytes()));
        let signature = hex(&hmac(KEY.as_bytes(), to_sign.as_bytes()));
        let is_ours = value(&authorization, "Credential") == KEY_ID;
        ensure(is_ours && value(&authorization, "Signature") == signature, Problem::Signature)?;
        let text = |name: &'static str| {
            let found = pairs.iter().find(|(known, _)| known == name.as_bytes());
            let value = found.and_then(|(_, value)| str::from_utf8(value).ok()).unwrap_or_default();
            needed(name, value).map(str::to_owned)
        };
        text("SignName")?;
        let to = text("PhoneNumbers")?;
        ensure(is_mobile(&to), Problem::Number)?;
        Ok(Submission {
            to,
            our_id: text("OutId").ok(),
            template: Some(text("TemplateCode")?),
            params: params(&text("TemplateParam")?).ok_or(Problem::Parameter("TemplateParam"))?,
            nonce: Some(needed("nonce", arrived.header("x-acs-signature-nonce"))?.to_owned()),
            ..Submission::default()
        })
    }

    fn accepted(&self, id: &str, _: &Submission) -> HttpAnswer {
        json(200, &json!({ "Message": "OK", "RequestId": "fake", "Code": "OK", "BizId": id }))
    }

    fn wrong(&self, problem: Problem) -> HttpAnswer {
        match problem {
            Problem::Address => error(400, "InvalidAction.NotFound"),
            Problem::Signature => error(400, "SignatureDoesNotMatch"),
            Problem::Clock => error(400, "InvalidTimeStamp.Expired"),
            Problem::Replay => error(400, "SignatureNonceUsed"),
            Problem::Parameter(_) => error(200, "isv.INVALID_PARAMETERS"),
            Problem::Number => error(200, "isv.MOBILE_NUMBER_ILLEGAL"),
        }
    }

    fn refused(&self, trouble: Trouble) -> HttpAnswer {
        match trouble {
            Trouble::Throttled => error(200, "isv.BUSINESS_LIMIT_CONTROL"),
            Trouble::Retry => error(200, "isp.SYSTEM_ERROR"),
            Trouble::Rejected => error(200, "isv.MOBILE_NUMBER_ILLEGAL"),
            Trouble::Configuration => error(200, "isv.SMS_SIGNATURE_ILLEGAL"),
            Trouble::Balance => error(200, "isv.AMOUNT_NOT_ENOUGH"),
        }
    }

    fn receipt(&self, id: &str, submission: &Submission, is_delivered: bool) -> (&'static str, Vec<u8>) {
        let code = if is_delivered { "DELIVERED" } else { "MK:0001" };
        let report = json!([{
            "phone_number": submission.to,
            "send_time": "2026-01-01 00:00:00",
            "report_time": "2026-01-01 00:00:00",
            "success": is_delivered,
            "err_code": code,
            "err_msg": "",
            "sms_size": "1",
            "biz_id": id,
            "out_id": submission.our_id,
        }]);
        (JSON, report.to_string().into_bytes())
    }
}

fn params(text: &str) -> Option<Vec<(String, String)>> {
    let Ok(Value::Object(params)) = serde_json::from_str(text) else { return None };
    params.into_iter().map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

fn error(status: u16, code: &str) -> HttpAnswer {
    json(status, &json!({ "Message": "fake", "RequestId": "fake", "Code": code }))
}
