//! The side of a service that no vendor runs, as many small ones are: a form in UTF-8 or GBK with an MD5 as proof.
//!
//! `account`, `mobile`, `content` (begins with 【签名】), `ext` (the sender's id), `ts` (seconds), `sign` =
//! md5(account + mobile + content + ts + key) over the bytes of the charset. Answer: `{"code":"0","msg":"ok","msgid":"…"}`.

use super::arrived::{Arrived, decoded_fields, is_mobile, is_near};
use super::digests::md5_hex;
use super::protocol::{FORM, JSON, Problem, Protocol, Submission, Trouble, ensure, json, needed};
use encoding_rs::{Encoding, GBK, UTF_8};
use hotlined_core::message::sending::RefusalClass;
use hotlined_core::time::{Instant, Millis};
use hotlined_notify::http::HttpAnswer;
use hotlined_notify::sms::{
    Charset, FieldEquals, GenericAnswer, GenericBody, GenericReceipts, GenericSettings, ReceiptAnswer,
};
use jiff::Timestamp;
use serde_json::json;

const ACCOUNT: &str = "fake-account";
const KEY: &str = "fake-generic-key";
const TOLERANCE: Millis = Millis::seconds(10 * 60);

pub(super) struct GenericSide {
    pub(super) is_gbk: bool,
}

impl GenericSide {
    fn charset(&self) -> &'static Encoding {
        if self.is_gbk { GBK } else { UTF_8 }
    }
}

impl Protocol for GenericSide {
    fn read(&self, arrived: &Arrived<'_>, now: Instant) -> Result<Submission, Problem> {
        ensure(
            arrived.method == "POST" && arrived.header("content-type").starts_with(FORM),
            Problem::Address,
        )?;
        let form = decoded_fields(arrived.body);
        let bytes = |name: &str| {
            form.iter().find(|(known, _)| known == name.as_bytes()).map_or(&[][..], |(_, value)| value)
        };
        let text = |name: &'static str| {
            let decoded = self.charset().decode_without_bom_handling_and_without_replacement(bytes(name));
            let text = decoded.ok_or(Problem::Parameter(name))?.into_owned();
            needed(name, &text)?;
            Ok(text)
        };
        let ts = text("ts")?;
        let at = ts.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        ensure(is_near(at, now, TOLERANCE), Problem::Clock)?;
        let signed =
            [bytes("account"), bytes("mobile"), bytes("content"), bytes("ts"), KEY.as_bytes()].concat();
        ensure(text("account")? == ACCOUNT && text("sign")? == md5_hex(&signed), Problem::Signature)?;
        let to = text("mobile")?;
        ensure(is_mobile(&to), Problem::Number)?;
        let content = text("content")?;
        ensure(content.starts_with('【') && content.contains('】'), Problem::Parameter("content"))?;
        Ok(Submission { to, our_id: text("ext").ok(), text: Some(content), ..Submission::default() })
    }

    fn accepted(&self, id: &str, _: &Submission) -> HttpAnswer {
        json(200, &json!({ "code": "0", "msg": "ok", "msgid": id }))
    }

    fn wrong(&self, problem: Problem) -> HttpAnswer {
        match problem {
            Problem::Signature | Problem::Clock | Problem::Replay | Problem::Address => error("104"),
            Problem::Parameter(_) | Problem::Number => error("103"),
        }
    }

    fn refused(&self, trouble: Trouble) -> HttpAnswer {
        match trouble {
            Trouble::Throttled => error("101"),
            Trouble::Retry => error("102"),
            Trouble::Rejected => error("103"),
            Trouble::Configuration => error("104"),
            Trouble::Balance => error("105"),
        }
    }

    fn receipt(&self, id: &str, submission: &Submission, is_delivered: bool) -> (&'static str, Vec<u8>) {
        let stat = if is_delivered { "DELIVRD" } else { "UNDELIV" };
        let report = json!({ "msgid": id, "mobile": submission.to, "stat": stat, "ext": submission.our_id });
        (JSON, json!({ "reports": [report] }).to_string().into_bytes())
    }
}

fn error(code: &str) -> HttpAnswer {
    json(200, &json!({ "code": code, "msg": "fake" }))
}

/// What a user writes to send by this service.
pub(super) fn settings(url: &str, is_gbk: bool) -> GenericSettings {
    let text = |text: &str| text.to_owned();
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let fields = [
        ("account", ACCOUNT),
        ("mobile", "{{ to }}"),
        ("content", "{{ signed_text }}"),
        ("ext", "{{ id }}"),
        ("ts", "{{ timestamp }}"),
        ("sign", "{{ (\"fake-account\" ~ to ~ signed_text ~ timestamp ~ secret.key) | md5 }}"),
    ];
    let classes = ["101", "102", "103", "104", "105"].into_iter().zip([
        RefusalClass::Throttled,
        RefusalClass::Retry,
        RefusalClass::Rejected,
        RefusalClass::Configuration,
        RefusalClass::Balance,
    ]);
    GenericSettings {
        method: text("POST"),
        url: text(url),
        query: Vec::new(),
        headers: Vec::new(),
        body: GenericBody::Form(fields.map(pair).into()),
        charset: if is_gbk { Charset::Gbk } else { Charset::Utf8 },
        sign: text("示例商店"),
        secrets: [(text("key"), KEY.into())].into(),
        templates: std::collections::BTreeMap::new(),
        answer: GenericAnswer {
            status: Vec::new(),
            success: Some(FieldEquals { pointer: text("/code"), equals: vec![text("0")] }),
            id: Some(text("/msgid")),
            code: Some(text("/code")),
            text: Some(text("/msg")),
            errors: classes.map(|(code, class)| (code.to_owned(), class)).collect(),
        },
        receipts: Some(GenericReceipts {
            field: None,
            list: Some(text("/reports")),
            id: Some(text("/msgid")),
            our_id: Some(text("/ext")),
            to: Some(text("/mobile")),
            status: text("/stat"),
            delivered: vec![text("DELIVRD")],
            answer: ReceiptAnswer { status: 200, content_type: text("text/plain"), body: text("ok") },
        }),
    }
}
