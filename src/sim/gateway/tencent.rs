//! The side of Tencent Cloud.

use super::arrived::{Arrived, is_mobile, is_near, texts, value};
use super::digests::{hex, hmac, sha256_hex};
use super::protocol::{JSON, Problem, Protocol, Submission, Trouble, ensure, json, needed};
use hotlined_core::time::{Instant, Millis};
use hotlined_notify::http::HttpAnswer;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) const KEY_ID: &str = "AKID-fake";
pub(super) const KEY: &str = "fake-tencent-key";
pub(super) const APP: &str = "1400006666";
const ALGORITHM: &str = "TC3-HMAC-SHA256";
const TOLERANCE: Millis = Millis::seconds(5 * 60);

pub(super) struct TencentSide;

impl Protocol for TencentSide {
    fn read(&self, arrived: &Arrived<'_>, now: Instant) -> Result<Submission, Problem> {
        let is_send =
            arrived.header("x-tc-action") == "SendSms" && arrived.header("x-tc-version") == "2021-01-11";
        let is_json = arrived.header("content-type").starts_with("application/json");
        ensure(arrived.method == "POST" && is_send && is_json, Problem::Address)?;
        needed("region", arrived.header("x-tc-region"))?;
        let timestamp = arrived.header("x-tc-timestamp");
        let at = timestamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        ensure(is_near(at, now, TOLERANCE), Problem::Clock)?;
        let date = at.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
        let authorization = arrived.fields("authorization", ALGORITHM);
        let names = value(&authorization, "SignedHeaders");
        let is_all_signed =
            ["content-type", "host"].iter().all(|name| names.split(';').any(|known| known == *name));
        let headers = arrived.canonical_headers(names, str::to_lowercase);
        let canonical = format!("POST\n/\n\n{headers}\n{names}\n{}", sha256_hex(arrived.body));
        let scope = format!("{date}/sms/tc3_request");
        let to_sign = format!("{ALGORITHM}\n{timestamp}\n{scope}\n{}", sha256_hex(canonical.as_bytes()));
        let key = hmac(format!("TC3{KEY}").as_bytes(), date.as_bytes());
        let key = hmac(&hmac(&key, b"sms"), b"tc3_request");
        let is_ours = value(&authorization, "Credential") == format!("{KEY_ID}/{scope}");
        let is_signed = value(&authorization, "Signature") == hex(&hmac(&key, to_sign.as_bytes()));
        ensure(is_all_signed && is_ours && is_signed, Problem::Signature)?;
        let body: Value = serde_json::from_slice(arrived.body).map_err(|_| Problem::Parameter("payload"))?;
        let text = |name: &'static str| needed(name, body[name].as_str().unwrap_or_default());
        ensure(text("SmsSdkAppId")? == APP, Problem::Parameter("SmsSdkAppId"))?;
        text("SignName")?;
        let numbers = texts(&body["PhoneNumberSet"]).unwrap_or_default();
        let [number] = numbers.as_slice() else { return Err(Problem::Parameter("PhoneNumberSet")) };
        let to = number.strip_prefix("+86").unwrap_or_default();
        ensure(is_mobile(to), Problem::Number)?;
        let params = texts(&body["TemplateParamSet"]).ok_or(Problem::Parameter("TemplateParamSet"))?;
        Ok(Submission {
            to: to.to_owned(),
            our_id: text("SessionContext").ok().map(str::to_owned),
            template: Some(text("TemplateId")?.to_owned()),
            params: (1..).zip(params).map(|(number, value): (u32, _)| (number.to_string(), value)).collect(),
            ..Submission::default()
        })
    }

    fn accepted(&self, id: &str, submission: &Submission) -> HttpAnswer {
        status(id, "Ok", submission.our_id.as_deref().unwrap_or_default())
    }

    fn wrong(&self, problem: Problem) -> HttpAnswer {
        match problem {
            Problem::Address => error("InvalidAction"),
            Problem::Signature => error("AuthFailure.SignatureFailure"),
            Problem::Clock | Problem::Replay => error("AuthFailure.SignatureExpire"),
            Problem::Parameter(_) => error("MissingParameter"),
            Problem::Number => status("", "InvalidParameterValue.IncorrectPhoneNumber", ""),
        }
    }

    fn refused(&self, trouble: Trouble) -> HttpAnswer {
        match trouble {
            Trouble::Throttled => status("", "LimitExceeded.PhoneNumberDailyLimit", ""),
            Trouble::Retry => error("InternalError"),
            Trouble::Rejected => status("", "FailedOperation.PhoneNumberInBlacklist", ""),
            Trouble::Configuration => status("", "FailedOperation.TemplateIncorrectOrUnapproved", ""),
            Trouble::Balance => status("", "FailedOperation.InsufficientBalanceInSmsPackage", ""),
        }
    }

    fn receipt(&self, id: &str, submission: &Submission, is_delivered: bool) -> (&'static str, Vec<u8>) {
        let (word, code) = if is_delivered { ("SUCCESS", "DELIVRD") } else { ("FAIL", "UNDELIV") };
        let report = json!([{
            "user_receive_time": "2026-01-01 00:00:00",
            "nationcode": "86",
            "mobile": submission.to,
            "report_status": word,
            "errmsg": code,
            "description": "fake",
            "sid": id,
        }]);
        (JSON, report.to_string().into_bytes())
    }
}

fn status(id: &str, code: &str, context: &str) -> HttpAnswer {
    let status =
        json!({ "SerialNo": id, "Fee": 1, "SessionContext": context, "Code": code, "Message": "fake" });
    json(200, &json!({ "Response": { "SendStatusSet": [status], "RequestId": "fake" } }))
}

fn error(code: &str) -> HttpAnswer {
    json(200, &json!({ "Response": { "Error": { "Code": code, "Message": "fake" }, "RequestId": "fake" } }))
}
