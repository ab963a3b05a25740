//! Tests of the generic gateway: by its settings, as a user writes them.

use super::charset::Charset;
use super::gateway::GenericGateway;
use super::settings::{FieldEquals, GenericAnswer, GenericBody, GenericReceipts, GenericSettings};
use super::templates::GenericError;
use crate::digest::{base64, hex, hmac_sha256, md5, sha256_hex};
use crate::encoding::{form_fields, percent};
use crate::http::{HttpAnswer, HttpRequest};
use crate::sms::receipts::{ReceiptAnswer, ReceiptError};
use crate::sms::request::RequestError;
use crate::sms::sample;
use crate::sms::template::{TemplateMapping, TemplateParams};
use hotlined_core::message::Message;
use hotlined_core::message::sending::{RefusalClass, SendOutcome};
use proptest::prelude::*;

fn settings() -> GenericSettings {
    GenericSettings {
        method: "POST".into(),
        url: "https://sms.example/send".into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: GenericBody::None,
        charset: Charset::Utf8,
        sign: "示例商店".into(),
        secrets: [("key".to_owned(), "s3cret".into())].into(),
        templates: Default::default(),
        answer: GenericAnswer {
            success: Some(FieldEquals { pointer: "/code".into(), equals: vec!["0".into()] }),
            id: Some("/data/id".into()),
            text: Some("/msg".into()),
            errors: [("7".to_owned(), RefusalClass::Balance), ("8".to_owned(), RefusalClass::Throttled)]
                .into(),
            ..GenericAnswer::default()
        },
        receipts: None,
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn made(settings: GenericSettings, message: &Message) -> Result<HttpRequest, RequestError> {
    let mut sms = sample::request(message, "call-1");
    sms.receipt_url = Some("https://us.example/r?a=b");
    GenericGateway::new(settings).unwrap().request(&sms, &sample::context())
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn json_takes_values_with_and_without_the_filter() {
    let body = r#"{"to": "{{ to }}", "text": {{ signed_text | json }}, "at": {{ timestamp }}, "p": {{ params_list | json }},
        "sign": "{{ (id ~ secret.key) | md5 }}"}"#;
    let settings = GenericSettings { body: GenericBody::Json(body.into()), ..settings() };
    let message = Message { text: "a\"b\\c\n{{ secret.key }}".into(), ..sample::message() };
    let request = made(settings, &message).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(json["text"], "【示例商店】a\"b\\c\n{{ secret.key }}");
    assert_eq!((&json["to"], &json["at"]), (&"13800138000".into(), &1_790_820_184_u64.into()));
    assert_eq!(json["p"], serde_json::json!(["010********", "3月27日9时18分"]));
    assert_eq!(json["sign"], hex(&md5(b"call-1s3cret")));
    assert_eq!(request.header("content-type"), Some("application/json; charset=utf-8"));
}

#[test]
fn a_value_that_breaks_the_json_is_never_sent() {
    let settings =
        GenericSettings { body: GenericBody::Json("{\"n\": {{ params.time }}}".into()), ..settings() };
    for text in ["a", "1,\"admin\":true", "\"a\"", "{}", "1}"] {
        let mut message = sample::message();
        message.values.insert("time".into(), text.into());
        let error = made(settings.clone(), &message).map(|request| request.body);
        if let Ok(body) = &error {
            // A brace alone is JSON by itself and says nothing else.
            assert_eq!(text, "{}", "{body:?}");
            continue;
        }
        assert!(matches!(error, Err(RequestError::Made { reason: "no JSON", .. })), "{text}: {error:?}");
    }
}

#[test]
fn a_form_is_encoded_in_the_charset() {
    let fields = pairs(&[
        ("mobile", "{{ to }}"),
        ("内容", "{{ signed_text }}"),
        ("m", "{{ signed_text | md5 | upper }}"),
    ]);
    let settings = GenericSettings { body: GenericBody::Form(fields), charset: Charset::Gbk, ..settings() };
    let message = Message { text: "中&=+ %".into(), ..sample::message() };
    let request = made(settings.clone(), &message).unwrap();
    let fields = form_fields(&request.body);
    let signed = b"\xa1\xbe\xca\xbe\xc0\xfd\xc9\xcc\xb5\xea\xa1\xbf\xd6\xd0&=+ %";
    assert_eq!(fields[1], (b"\xc4\xda\xc8\xdd".to_vec(), signed.to_vec()));
    assert_eq!(text(&fields[2].1), hex(&md5(signed)).to_uppercase());
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded; charset=gbk"));
    // What GBK has not is an error, and no hole in the text.
    let message = Message { text: "笑😀".into(), ..sample::message() };
    let error = made(settings, &message).unwrap_err();
    assert_eq!((error.class(), error), (RefusalClass::Configuration, RequestError::Charset(0x1f600)));
}

#[test]
fn an_address_cannot_be_broken_out_of() {
    let url = "https://sms.example/{{ to }}/send?text={{ text }}&t={{ text | urlencode }}&k={{ secret.key }}"
        .into();
    let query = pairs(&[("callback", "{{ receipt_url }}")]);
    let settings = GenericSettings { method: "GET".into(), url, query, ..settings() };
    let message = Message { text: "a&b=c#d/中".into(), ..sample::message() };
    let request = made(settings, &message).unwrap();
    let encoded = "a%26b%3Dc%23d%2F%E4%B8%AD";
    assert_eq!(
        request.url,
        format!(
            "https://sms.example/13800138000/send?text={encoded}&t={encoded}&k=s3cret\
             &callback=https%3A%2F%2Fus.example%2Fr%3Fa%3Db"
        )
    );
    assert_eq!((request.method.as_str(), request.body.len()), ("GET", 0));
}

#[test]
fn digests_are_hexadecimal_or_base64() {
    let headers = pairs(&[
        ("X-Hex", "{{ id | hmac_sha256(secret.key) }}"),
        ("x-b64", "{{ id | hmac_sha256(secret.key) | base64 }}"),
        ("x-chain", "{{ id | hmac_sha256(nonce | hmac_sha256(secret.key)) | hex }}"),
        ("x-sha", "{{ id | sha256 | base64 }}"),
        ("x-of-digits", "{{ (id | sha256 | upper) | md5 }}"),
        ("x-text", "{{ \"中\" | hex }}"),
    ]);
    let request = made(GenericSettings { headers, ..settings() }, &sample::message()).unwrap();
    let header = |name: &str| request.header(name).unwrap().to_owned();
    let hmac = hmac_sha256(b"s3cret", b"call-1");
    assert_eq!((header("x-hex"), header("x-b64")), (hex(&hmac), base64(&hmac)));
    assert_eq!(header("x-chain"), hex(&hmac_sha256(&hmac_sha256(b"s3cret", b"0a1b2c"), b"call-1")));
    assert_eq!(header("x-of-digits"), hex(&md5(sha256_hex(b"call-1").to_uppercase().as_bytes())));
    assert_eq!(header("x-text"), "e4b8ad");
    assert_eq!(header("x-sha"), base64(&crate::digest::sha256(b"call-1")));
}

/// The signature of Tencent Cloud's old interface (cloud.tencent.com/document/api/382/7755) and of 云MAS, by templates.
#[test]
fn official_signatures_can_be_written_as_templates() {
    let headers = pairs(&[
        ("x-v5", "{{ (\"appkey=\" ~ secret.v5 ~ \"&random=7226249334&time=1457336869\") | sha256 }}"),
        ("x-mas", "{{ (\"政企分公司测试demo0\" ~ secret.mas ~ to ~ text ~ \"DWItALe3A\") | md5 }}"),
    ]);
    let secrets = [("v5", "5f03a35d00ee52a21327ab048186a2c4"), ("mas", "123qwe")];
    let secrets = secrets.map(|(name, secret)| (name.to_owned(), secret.into())).into();
    let message = Message { text: "移动改变生活。".into(), ..sample::message() };
    let request = made(GenericSettings { headers, secrets, ..settings() }, &message).unwrap();
    let v5 = "c13e54f047ed75e821e698730c72d030dc30e5b510b3f8a0fb6fb7605283d7df";
    assert_eq!(request.header("x-v5"), Some(v5));
    assert_eq!(request.header("x-mas"), Some("7997ddb079db2155b517b21b2a812370"));
}

#[test]
fn a_header_stays_on_its_line() {
    let settings = GenericSettings { headers: pairs(&[("x-text", "{{ params.time }}")]), ..settings() };
    let made = |text: &str| {
        let mut message = sample::message();
        message.values.insert("time".into(), text.into());
        made(settings.clone(), &message)
    };
    for text in ["a\r\nx-admin: 1", "中", "a\0"] {
        assert!(matches!(made(text), Err(RequestError::Made { .. })), "{text:?}");
    }
    assert_eq!(made(" a ").unwrap().header("x-text"), Some("a"));
}

#[test]
fn a_service_with_templates_gets_its_own_names() {
    let params = TemplateParams::Named(pairs(&[("when", "time"), ("who", "caller_masked")]));
    let templates = [("missed".to_owned(), TemplateMapping { id: "T9".into(), params })].into();
    let body = r#"{"t":"{{ template }}","p":{{ params | json }},"l":{{ params_list | json }},"w":"{{ params.who }}"}"#;
    let settings = GenericSettings { templates, body: GenericBody::Json(body.into()), ..settings() };
    let request = made(settings.clone(), &sample::message()).unwrap();
    let expected = r#"{"t":"T9","p":{"when":"3月27日9时18分","who":"010********"},"l":["3月27日9时18分","010********"],"w":"010********"}"#;
    assert_eq!(text(&request.body), expected);
    let message = Message { template: "other".into(), ..sample::message() };
    assert_eq!(made(settings, &message), Err(RequestError::NoTemplate("other".into())));
}

#[test]
fn a_wrong_template_is_found_before_a_message_comes() {
    let json = |template: &str| GenericSettings { body: GenericBody::Json(template.into()), ..settings() };
    let error = |settings: GenericSettings| GenericGateway::new(settings).unwrap_err();
    let wrong = error(json("{\n\"a\": {{ to }\n}"));
    assert!(
        matches!(&wrong, GenericError::Template { template, line: 2, .. } if template == "body (json)"),
        "{wrong}"
    );
    let wrong = error(json("{{ to | rot13 }}"));
    assert!(matches!(wrong, GenericError::Tried(RequestError::Template { line: 1, .. })), "{wrong}");
    let wrong = error(json("{\"text\": {{ text }}}"));
    assert!(matches!(wrong, GenericError::Tried(RequestError::Made { .. })), "{wrong}");
    let wrong = error(json("{{ recipient }}"));
    assert!(matches!(&wrong, GenericError::Variable { variable, .. } if variable == "recipient"), "{wrong}");
    let wrong = error(json("{{ secret.pass }}"));
    assert!(matches!(&wrong, GenericError::Secret { secret, .. } if secret == "pass"), "{wrong}");
    assert!(matches!(error(json("{{ secret }}")), GenericError::Variable { .. }));
    assert_eq!(error(json("\"{{ params.tiem }}\"")), GenericError::Value("tiem".into()));
    let params = TemplateParams::Named(pairs(&[("when", "tiem")]));
    let templates = [("missed".to_owned(), TemplateMapping { id: "T9".into(), params })].into();
    assert_eq!(error(GenericSettings { templates, ..settings() }), GenericError::Value("tiem".into()));
    for url in [
        "",
        "sms.example",
        "https://{{ to }}.example/",
        "https:///a",
        "https://u:p@sms.example/",
        "http://a b/",
    ] {
        assert_eq!(error(GenericSettings { url: url.into(), ..settings() }), GenericError::Url, "{url}");
    }
    for name in ["", "a b", "Host", "content-length", "a:b"] {
        let settings = GenericSettings { headers: pairs(&[(name, "1")]), ..settings() };
        assert_eq!(error(settings), GenericError::Header(name.into()));
    }
    assert_eq!(error(GenericSettings { method: "DELETE".into(), ..settings() }), GenericError::Method);
    let mut pointer = settings();
    pointer.answer.code = Some("code".into());
    assert_eq!(error(pointer), GenericError::Pointer { key: "code", pointer: "code".into() });
}

#[test]
fn a_template_that_runs_away_is_stopped() {
    for template in [
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        "{% for a in range(9000) %}{{ signed_text }}{% endfor %}",
    ] {
        let body = GenericBody::Raw { content_type: "text/plain".into(), template: template.into() };
        let error = GenericGateway::new(GenericSettings { body, ..settings() }).unwrap_err();
        assert!(matches!(error, GenericError::Tried(RequestError::Template { .. })), "{error}");
    }
    // With a long text, a template that was good is too much.
    let template = "{% for a in range(1000) %}{{ text }}{% endfor %}".into();
    let body = GenericBody::Raw { content_type: "text/plain".into(), template };
    let message = Message { text: "字".repeat(500), ..sample::message() };
    let error = made(GenericSettings { body, ..settings() }, &message).unwrap_err();
    assert_eq!(error.to_string(), "body: it makes more than 65536 bytes");
}

#[test]
fn a_value_that_a_message_has_not_is_an_error_without_words_of_the_message() {
    for body in [
        "{{ params.score }}",
        "{{ params.score | md5 }}",
        "{% if id == \"call-1\" %}{{ text + 1 }}{% endif %}",
    ] {
        let body = GenericBody::Raw { content_type: "text/plain".into(), template: body.into() };
        let message = Message { text: "w0rds".into(), ..sample::message() };
        let error = made(GenericSettings { body, ..settings() }, &message).unwrap_err();
        assert!(matches!(error, RequestError::Template { line: 1, .. }), "{error:?}");
        assert!(!error.to_string().contains("w0rds"), "{error}");
    }
}

#[test]
fn no_secret_is_printed() {
    let gateway = GenericGateway::new(settings()).unwrap();
    assert!(!format!("{gateway:?}").contains("s3cret"));
    let answer = sample::answer(200, r#"{"code":"9","msg":"wrong key s3cret for 13800138000"}"#);
    let SendOutcome::Refused(refusal) = gateway.read_answer(&answer) else { panic!() };
    assert_eq!(refusal.text, "wrong key Secret for 138001*****");
}

#[test]
fn answers_are_understood_by_their_place() {
    let gateway = GenericGateway::new(settings()).unwrap();
    let read = |status, body: &str| gateway.read_answer(&sample::answer(status, body));
    let accepted = |id: Option<&str>| SendOutcome::Accepted { id: id.map(str::to_owned) };
    assert_eq!(read(200, r#"{"code":0,"data":{"id":12}}"#), accepted(Some("12")));
    assert_eq!(read(201, r#"{"code":"0"}"#), accepted(None));
    let class = |status, body: &str| sample::class(&read(status, body));
    assert_eq!(class(200, r#"{"code":7}"#), Some(RefusalClass::Balance));
    assert_eq!(class(500, r#"{"code":8}"#), Some(RefusalClass::Throttled));
    assert_eq!(class(200, r#"{"code":99}"#), Some(RefusalClass::Rejected));
    assert_eq!(class(429, r#"{"code":99}"#), Some(RefusalClass::Throttled));
    // A code that nobody told us of in a failure of the server.
    assert_eq!(class(500, r#"{"code":99}"#), None);
    assert_eq!(class(500, r#"{"code":0}"#), None);
    for nonsense in ["", "<html>", "[]", "{\"code\":null}", "{\"code\":{}}", "ok"] {
        assert_eq!(class(200, nonsense), None, "{nonsense}");
    }
}

#[test]
fn a_plain_word_or_a_status_can_be_success() {
    let mut plain = settings();
    let success = FieldEquals { pointer: String::new(), equals: vec!["success".into(), "1".into()] };
    plain.answer = GenericAnswer { success: Some(success), ..GenericAnswer::default() };
    let gateway = GenericGateway::new(plain.clone()).unwrap();
    let read = |gateway: &GenericGateway, status, body: &[u8]| {
        gateway.read_answer(&HttpAnswer { status, retry_after: None, body: body.to_vec() })
    };
    for body in ["success", " success\r\n", "1", "\"1\""] {
        assert_eq!(read(&gateway, 200, body.as_bytes()), SendOutcome::Accepted { id: None }, "{body}");
    }
    assert_eq!(sample::class(&read(&gateway, 200, b"-3")), Some(RefusalClass::Rejected));
    assert_eq!(sample::class(&read(&gateway, 200, b"<html>")), None);
    assert_eq!(sample::class(&read(&gateway, 200, &[b'1'; 70_000])), None);
    plain.answer = GenericAnswer { status: vec![202], ..GenericAnswer::default() };
    let gateway = GenericGateway::new(plain.clone()).unwrap();
    assert_eq!(read(&gateway, 202, b""), SendOutcome::Accepted { id: None });
    assert_eq!(sample::class(&read(&gateway, 200, b"")), None);
    plain.answer.id = Some("/id".into());
    let gateway = GenericGateway::new(plain).unwrap();
    assert_eq!(sample::class(&read(&gateway, 202, b"{}")), None);
}

fn with_receipts(form_field: Option<&str>) -> GenericGateway {
    let receipts = GenericReceipts {
        field: form_field.map(str::to_owned),
        list: form_field.is_none().then(|| "/reports".to_owned()),
        id: Some("/msgid".into()),
        our_id: Some("/ext".into()),
        to: Some("/to".into()),
        status: "/stat".into(),
        delivered: vec!["DELIVRD".into(), "0".into()],
        answer: ReceiptAnswer { status: 200, content_type: "text/plain".into(), body: "ok".into() },
    };
    GenericGateway::new(GenericSettings { receipts: Some(receipts), charset: Charset::Gbk, ..settings() })
        .unwrap()
}

#[test]
fn receipts_are_read_from_json_and_forms() {
    let gateway = with_receipts(None);
    let body = r#"{"reports":[{"msgid":1,"stat":0,"to":"+8613800138000"},{"ext":"call-1","stat":"MK:0001"},{"stat":"0"}]}"#;
    let receipts = gateway.read_receipts("application/json", body.as_bytes()).unwrap();
    assert_eq!(receipts.len(), 2);
    assert_eq!((receipts[0].gateway_id.as_str(), receipts[0].is_delivered), ("1", true));
    assert_eq!(receipts[0].to.as_deref(), Some("13800138000"));
    assert_eq!((receipts[1].our_id.as_deref(), receipts[1].is_delivered), (Some("call-1"), false));
    assert_eq!(gateway.receipt_answer().body, "ok");
    let form = "application/x-www-form-urlencoded";
    let receipts = with_receipts(Some("r"))
        .read_receipts(form, format!("r={}", percent(br#"{"msgid":"7","stat":"DELIVRD"}"#)).as_bytes())
        .unwrap();
    assert_eq!(receipts[0].gateway_id, "7");
    let one = GenericReceipts { list: None, ..with_receipts(None).settings().receipts.clone().unwrap() };
    let one = GenericGateway::new(GenericSettings { receipts: Some(one), ..settings() }).unwrap();
    assert_eq!(one.read_receipts(form, b"msgid=a&stat=0&to=13800138000").unwrap()[0].gateway_id, "a");
    let none = GenericGateway::new(settings()).unwrap();
    assert_eq!(none.read_receipts(form, b"msgid=a&stat=0"), Err(ReceiptError::None));
}

proptest! {
    /// Whatever a caller sends, what arrives at the service is that text and nothing else.
    #[test]
    fn hostile_text_arrives_as_it_is(hostile in "\\PC{0,30}|[\\x00-\\x7f\"{}&%\\\\中]{0,30}") {
        let message = Message { text: hostile.clone(), ..sample::message() };
        let json = r#"{"a":"{{ text }}","b":{{ text | json }}}"#;
        let request = made(GenericSettings { body: GenericBody::Json(json.into()), ..settings() }, &message).unwrap();
        let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        prop_assert_eq!(sent, serde_json::json!({ "a": hostile.clone(), "b": hostile.clone() }));
        let fields = pairs(&[("a", "{{ text }}"), ("b", "1")]);
        let settings = GenericSettings {
            url: "https://sms.example/?u={{ text }}".into(),
            query: fields.clone(),
            body: GenericBody::Form(fields),
            ..settings()
        };
        let request = made(settings, &message).unwrap();
        let expected = vec![(b"a".to_vec(), hostile.clone().into_bytes()), (b"b".to_vec(), b"1".to_vec())];
        prop_assert_eq!(form_fields(&request.body), expected);
        let url = url::Url::parse(&request.url).unwrap();
        let sent: Vec<String> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
        prop_assert_eq!(sent, [hostile.as_str(), hostile.as_str(), "1"]);
    }
}
