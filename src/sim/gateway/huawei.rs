//! The side of Huawei Cloud.

use super::arrived::{Arrived, encoded, form_value, is_mobile, is_near, texts, utf8_form, value};
use super::digests::{base64, hex, hmac, sha256_hex};
use super::protocol::{FORM, Problem, Protocol, Submission, Trouble, ensure, json, needed};
use hotlined_core::time::{Instant, Millis};
use hotlined_notify::http::HttpAnswer;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::json;

pub(super) const KEY_ID: &str = "fake-huawei-id";
pub(super) const KEY: &str = "fake-huawei-key";
const ALGORITHM: &str = "SDK-HMAC-SHA256";
const TOLERANCE: Millis = Millis::seconds(15 * 60);
const OK: &str = "000000";

pub(super) struct HuaweiSide;

impl Protocol for HuaweiSide {
    fn read(&self, arrived: &Arrived<'_>, now: Instant) -> Result<Submission, Problem> {
        let is_form = arrived.header("content-type").starts_with(FORM);
        ensure(arrived.method == "POST" && is_form, Problem::Address)?;
        let nonce = match arrived.header("authorization").starts_with("WSSE ") {
            true => Some(read_wsse(arrived, now)?),
            false => read_signature(arrived, now).map(|()| None)?,
        };
        let form = utf8_form(arrived.body).ok_or(Problem::Parameter("body"))?;
        let text = |name: &'static str| needed(name, form_value(&form, name));
        text("from")?;
        let to = text("to")?.strip_prefix("+86").unwrap_or_default();
        ensure(is_mobile(to), Problem::Number)?;
        let params = serde_json::from_str(text("templateParas")?).ok().and_then(|list| texts(&list));
        let params = params.ok_or(Problem::Parameter("templateParas"))?;
        Ok(Submission {
            to: to.to_owned(),
            our_id: text("extend").ok().map(str::to_owned),
            template: Some(text("templateId")?.to_owned()),
            params: (1..).zip(params).map(|(number, value): (u32, _)| (number.to_string(), value)).collect(),
            receipt_url: text("statusCallback").ok().map(str::to_owned),
            nonce,
            ..Submission::default()
        })
    }

    fn accepted(&self, id: &str, submission: &Submission) -> HttpAnswer {
        result(OK, OK, id, &submission.to)
    }

    fn wrong(&self, problem: Problem) -> HttpAnswer {
        match problem {
            Problem::Address => error("E000040"),
            Problem::Signature => error("E000045"),
            Problem::Clock | Problem::Replay => error("E000101"),
            Problem::Parameter(_) => error("E000503"),
            Problem::Number => result("E000510", "E200028", "", ""),
        }
    }

    fn refused(&self, trouble: Trouble) -> HttpAnswer {
        match trouble {
            Trouble::Throttled => result("E000510", "E200048", "", ""),
            Trouble::Retry => error("E000000"),
            Trouble::Rejected => result("E000510", "E200028", "", ""),
            Trouble::Configuration => result("E000510", "E200030", "", ""),
            Trouble::Balance => error("E000112"),
        }
    }

    fn receipt(&self, id: &str, submission: &Submission, is_delivered: bool) -> (&'static str, Vec<u8>) {
        let status = if is_delivered { "DELIVRD" } else { "UNDELIV" };
        let extend = submission.our_id.as_deref().map(|id| format!("&extend={}", encoded(id.as_bytes())));
        let form = format!(
            "sequence=1&total=1&updateTime=2026-01-01T00%3A00%3A00Z&source=2&smsMsgId={}&status={status}&to=%2B86{}{}",
            encoded(id.as_bytes()),
            submission.to,
            extend.unwrap_or_default()
        );
        (FORM, form.into_bytes())
    }
}

fn read_signature(arrived: &Arrived<'_>, now: Instant) -> Result<(), Problem> {
    let date = arrived.header("x-sdk-date");
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok();
    let at = at.and_then(|at| at.to_zoned(TimeZone::UTC).ok()).map(|at| at.timestamp());
    ensure(is_near(at, now, TOLERANCE), Problem::Clock)?;
    let authorization = arrived.fields("authorization", ALGORITHM);
    let names = value(&authorization, "SignedHeaders");
    let is_all_signed =
        ["host", "x-sdk-date"].iter().all(|name| names.split(';').any(|known| known == *name));
    let headers = arrived.canonical_headers(names, str::to_owned);
    let path = arrived.path.trim_end_matches('/');
    let body = sha256_hex(arrived.body);
    let canonical = format!("POST\n{path}/\n{}\n{headers}\n{names}\n{body}", arrived.query);
    let to_sign = format!("{ALGORITHM}\n{date}\n{}", sha256_hex(canonical.as_bytes()));
    let is_signed = value(&authorization, "Signature") == hex(&hmac(KEY.as_bytes(), to_sign.as_bytes()));
    ensure(is_all_signed && value(&authorization, "Access") == KEY_ID && is_signed, Problem::Signature)
}

/// The nonce of a request with the right token.
fn read_wsse(arrived: &Arrived<'_>, now: Instant) -> Result<String, Problem> {
    let is_wsse =
        arrived.header("authorization") == "WSSE realm=\"SDP\",profile=\"UsernameToken\",type=\"Appkey\"";
    let token = arrived.fields("x-wsse", "UsernameToken ");
    let (nonce, created) = (value(&token, "Nonce"), value(&token, "Created"));
    ensure(is_near(created.parse().ok(), now, TOLERANCE), Problem::Clock)?;
    let digest = base64(sha256_hex(format!("{nonce}{created}{KEY}").as_bytes()).as_bytes());
    // A value in quotes may end in `=`.
    let is_signed = value(&token, "PasswordDigest") == digest && value(&token, "Username") == KEY_ID;
    ensure(is_wsse && is_signed, Problem::Signature)?;
    Ok(needed("Nonce", nonce)?.to_owned())
}

fn result(code: &str, status: &str, id: &str, to: &str) -> HttpAnswer {
    let result = json!({ "originTo": format!("+86{to}"), "from": "10690", "smsMsgId": id, "status": status });
    json(200, &json!({ "code": code, "description": "fake", "result": [result] }))
}

fn error(code: &str) -> HttpAnswer {
    json(403, &json!({ "code": code, "description": "fake" }))
}
