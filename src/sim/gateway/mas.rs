//! The side of 云MAS.

use super::arrived::{Arrived, is_mobile};
use super::digests::{from_base64, md5_hex};
use super::protocol::{JSON, Problem, Protocol, Submission, Trouble, ensure, json, needed};
use hotlined_core::time::Instant;
use hotlined_notify::http::HttpAnswer;
use serde_json::{Value, json};

pub(super) const EC_NAME: &str = "示例公司";
pub(super) const AP_ID: &str = "fake-mas";
pub(super) const KEY: &str = "fake-mas-key";
pub(super) const SIGN: &str = "DWItALe3A";

pub(super) struct MasSide;

impl Protocol for MasSide {
    fn read(&self, arrived: &Arrived<'_>, _: Instant) -> Result<Submission, Problem> {
        ensure(arrived.method == "POST", Problem::Address)?;
        let decoded = from_base64(arrived.body).ok_or(Problem::Parameter("base64"))?;
        let body: Value = serde_json::from_slice(&decoded).map_err(|_| Problem::Parameter("body"))?;
        let text = |name: &'static str| body[name].as_str().ok_or(Problem::Parameter(name));
        let (to, content, sign) = (text("mobiles")?, text("content")?, text("sign")?);
        let parts = [text("ecName")?, text("apId")?, KEY, to, content, sign, text("addSerial")?];
        let is_ours = parts[0] == EC_NAME && parts[1] == AP_ID;
        ensure(is_ours && md5_hex(parts.concat().as_bytes()) == text("mac")?, Problem::Signature)?;
        ensure(sign == SIGN, Problem::Parameter("sign"))?;
        ensure(is_mobile(to), Problem::Number)?;
        needed("content", content)?;
        Ok(Submission { to: to.to_owned(), text: Some(content.to_owned()), ..Submission::default() })
    }

    fn accepted(&self, id: &str, _: &Submission) -> HttpAnswer {
        json(200, &json!({ "rspcod": "success", "success": true, "msgGroup": id }))
    }

    fn wrong(&self, problem: Problem) -> HttpAnswer {
        match problem {
            Problem::Signature => error("IllegalMac"),
            Problem::Parameter("sign") => error("IllegalSignId"),
            Problem::Number => error("InvalidMobile"),
            Problem::Address | Problem::Clock | Problem::Replay | Problem::Parameter(_) => {
                error("InvalidMessage")
            }
        }
    }

    fn refused(&self, trouble: Trouble) -> HttpAnswer {
        match trouble {
            Trouble::Throttled => error("OverDailyMax"),
            Trouble::Retry => error("SystemBusy"),
            Trouble::Rejected => error("InvalidMobile"),
            // 云MAS knows no word for an empty account.
            Trouble::Configuration | Trouble::Balance => error("InvalidUsrOrPwd"),
        }
    }

    fn receipt(&self, id: &str, submission: &Submission, is_delivered: bool) -> (&'static str, Vec<u8>) {
        let (status, code) = if is_delivered { ("CM:0000", "DELIVRD") } else { ("ID:0012", "MK:0012") };
        let report = json!({
            "reportStatus": status,
            "mobile": submission.to,
            "submitDate": "20260101000000",
            "receiveDate": "20260101000000",
            "errorCode": code,
            "msgGroup": id,
        });
        (JSON, report.to_string().into_bytes())
    }
}

fn error(code: &str) -> HttpAnswer {
    json(200, &json!({ "rspcod": code, "success": false, "msgGroup": "" }))
}
