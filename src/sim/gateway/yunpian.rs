//! The side of Yunpian.

use super::arrived::{Arrived, encoded, form_value, is_mobile, utf8_form};
use super::protocol::{FORM, Problem, Protocol, Submission, Trouble, ensure, json, needed};
use hotlined_core::time::Instant;
use hotlined_notify::http::HttpAnswer;
use serde_json::json;

pub(super) const KEY: &str = "fake-yunpian-key";

pub(super) struct YunpianSide;

impl Protocol for YunpianSide {
    fn read(&self, arrived: &Arrived<'_>, _: Instant) -> Result<Submission, Problem> {
        ensure(
            arrived.method == "POST" && arrived.header("content-type").starts_with(FORM),
            Problem::Address,
        )?;
        let form = utf8_form(arrived.body).ok_or(Problem::Parameter("body"))?;
        let text = |name: &'static str| needed(name, form_value(&form, name));
        ensure(form_value(&form, "apikey") == KEY, Problem::Signature)?;
        let to = text("mobile")?;
        ensure(is_mobile(to), Problem::Number)?;
        let words = text("text")?;
        ensure(words.starts_with('【') && words.contains('】'), Problem::Parameter("text"))?;
        Ok(Submission {
            to: to.to_owned(),
            our_id: text("uid").ok().map(str::to_owned),
            text: Some(words.to_owned()),
            receipt_url: text("callback_url").ok().map(str::to_owned),
            ..Submission::default()
        })
    }

    fn accepted(&self, id: &str, submission: &Submission) -> HttpAnswer {
        let sid: u64 = id.parse().unwrap_or_default();
        let mobile = &submission.to;
        json(200, &json!({ "code": 0, "msg": "fake", "count": 1, "fee": 0.05, "mobile": mobile, "sid": sid }))
    }

    fn wrong(&self, problem: Problem) -> HttpAnswer {
        match problem {
            Problem::Signature => error(-1),
            Problem::Address | Problem::Clock | Problem::Replay => error(11),
            Problem::Parameter(_) => error(1),
            Problem::Number => error(2),
        }
    }

    fn refused(&self, trouble: Trouble) -> HttpAnswer {
        match trouble {
            Trouble::Throttled => error(22),
            Trouble::Retry => error(-51),
            Trouble::Rejected => error(10),
            Trouble::Configuration => error(5),
            Trouble::Balance => error(3),
        }
    }

    fn receipt(&self, id: &str, submission: &Submission, is_delivered: bool) -> (&'static str, Vec<u8>) {
        let (word, code) = if is_delivered { ("SUCCESS", "DELIVRD") } else { ("FAIL", "UNDELIV") };
        let report = json!([{
            "sid": id.parse::<u64>().unwrap_or_default(),
            "uid": submission.our_id,
            "user_receive_time": "2026-01-01 00:00:00",
            "error_msg": code,
            "mobile": submission.to,
            "report_status": word,
        }]);
        (FORM, format!("sms_status={}", encoded(report.to_string().as_bytes())).into_bytes())
    }
}

fn error(code: i32) -> HttpAnswer {
    json(400, &json!({ "http_status_code": 400, "code": code, "msg": "fake", "detail": "fake" }))
}
