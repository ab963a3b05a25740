//! Alibaba Cloud (阿里云短信): `SendSms` of the API 2017-05-25, signed with ACS3-HMAC-SHA256.
//!
//! `SendSms` is not idempotent, and a signature is good for 15 minutes. Receipts (`SmsReport`) go to the address of the
//! console. Sources: help.aliyun.com/document_detail/2593177.html, 101867.html; error codes:
//! help.aliyun.com/document_detail/101346.html.

use super::answer::{accepted, by_status, coded, field, json};
use super::classes::{BALANCE, CONFIGURATION, Codes, RETRY, THROTTLED, meaning};
use super::receipts::{self, ReceiptAnswer, ReceiptError};
use super::request::{Address, RequestContext, RequestError, SmsRequest};
use super::template::{TemplateMapping, mapping};
use crate::digest::{hex, hmac_sha256, sha256_hex};
use crate::encoding::{pairs, utc_time};
use crate::http::{HttpAnswer, HttpRequest};
use crate::secret::Secret;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use std::collections::BTreeMap;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const ACTION: &str = "SendSms";
const VERSION: &str = "2017-05-25";

const CODES: Codes = &[
    ("isv.BUSINESS_LIMIT_CONTROL", THROTTLED),
    ("isv.DAY_LIMIT_CONTROL", THROTTLED),
    ("isv.MONTH_LIMIT_CONTROL", THROTTLED),
    ("FREQUENCY_LIMIT*", THROTTLED),
    ("Throttling*", THROTTLED),
    ("isv.AMOUNT_NOT_ENOUGH", BALANCE),
    ("isv.OUT_OF_SERVICE", BALANCE),
    ("isp.RAM_PERMISSION_DENY", CONFIGURATION),
    ("isp.*", RETRY),
    ("isv.SYSTEM_ERROR", RETRY),
    ("ServiceUnavailable*", RETRY),
    ("InternalError*", RETRY),
    ("SignatureNonceUsed", RETRY),
    ("isv.SMS_SIGN*", CONFIGURATION),
    ("isv.SMS_TEMPLATE*", CONFIGURATION),
    ("isv.SMS_TEST*", CONFIGURATION),
    ("isv.TEMPLATE_MISSING_PARAMETERS", CONFIGURATION),
    ("isv.INVALID_JSON_PARAM", CONFIGURATION),
    ("isv.ACCOUNT_*", CONFIGURATION),
    ("isv.PRODUCT_UN*", CONFIGURATION),
    ("isv.DENY_IP_RANGE", CONFIGURATION),
    ("isv.EXTEND_CODE_ERROR", CONFIGURATION),
    ("Signature*", CONFIGURATION),
    ("IncompleteSignature*", CONFIGURATION),
    ("InvalidAccessKeyId*", CONFIGURATION),
    ("InvalidTimeStamp*", CONFIGURATION),
    ("InvalidAction*", CONFIGURATION),
    ("InvalidVersion", CONFIGURATION),
    ("Missing*", CONFIGURATION),
    ("Forbidden*", CONFIGURATION),
    ("NoPermission*", CONFIGURATION),
];

/// The settings of Alibaba Cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alibaba {
    /// Where requests go to; [`Self::URL`].
    pub url: String,
    /// The AccessKey's id.
    pub access_key_id: String,
    /// The AccessKey's secret.
    pub access_key_secret: Secret,
    /// The signature (签名) of messages that have none of their own.
    pub sign: String,
    /// The templates.
    pub templates: BTreeMap<String, TemplateMapping>,
}

/// What is signed.
struct ToSign<'a> {
    method: &'a str,
    path: &'a str,
    /// Sorted and percent-encoded.
    query: &'a str,
    /// Names in lower case, sorted.
    headers: &'a [(&'a str, &'a str)],
    body_sha256: &'a str,
}

impl ToSign<'_> {
    fn names(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    fn canonical(&self) -> String {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let Self { method, path, query, body_sha256, .. } = self;
        format!("{method}\n{path}\n{query}\n{headers}\n{}\n{body_sha256}", self.names())
    }

    /// The header `Authorization`.
    fn authorization(&self, key_id: &str, secret: &Secret) -> String {
        let to_sign = format!("{ALGORITHM}\n{}", sha256_hex(self.canonical().as_bytes()));
        let signature = hex(&hmac_sha256(secret.expose().as_bytes(), to_sign.as_bytes()));
        format!("{ALGORITHM} Credential={key_id},SignedHeaders={},Signature={signature}", self.names())
    }
}

impl Alibaba {
    /// The address of the service.
    pub const URL: &str = "https://dysmsapi.aliyuncs.com/";

    pub(crate) fn request(
        &self,
        sms: &SmsRequest<'_>,
        cx: &RequestContext,
    ) -> Result<HttpRequest, RequestError> {
        let address = Address::parse(&self.url)?;
        let template = mapping(&self.templates, sms)?;
        let params = template.params.named(sms)?;
        let members = params.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
        let template_param = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
        // Sorted by name, as the signature wants it.
        let query = pairs([
            ("OutId", sms.id.as_str()),
            ("PhoneNumbers", sms.to()),
            ("SignName", sms.sign(&self.sign)),
            ("TemplateCode", &template.id),
            ("TemplateParam", &template_param),
        ]);
        let body_sha256 = sha256_hex(b"");
        let date = utc_time(cx.now);
        let headers = [
            ("host", address.host.as_str()),
            ("x-acs-action", ACTION),
            ("x-acs-content-sha256", &body_sha256),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", &cx.nonce),
            ("x-acs-version", VERSION),
        ];
        let to_sign = ToSign {
            method: "POST",
            path: address.url.path(),
            query: &query,
            headers: &headers,
            body_sha256: &body_sha256,
        };
        let authorization = to_sign.authorization(&self.access_key_id, &self.access_key_secret);
        // Everything but the host, which is the URL's.
        let sent = headers[1..].iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Ok(HttpRequest {
            method: "POST".to_owned(),
            url: address.with_query(&query),
            headers: sent.chain([("authorization".to_owned(), authorization)]).collect(),
            body: Vec::new(),
        })
    }

    pub(crate) fn read_answer(answer: &HttpAnswer) -> SendOutcome {
        let Some(body) = json(answer) else { return by_status(answer) };
        let Some(code) = field(&body, "Code") else { return by_status(answer) };
        if code == "OK" {
            return accepted(field(&body, "BizId"));
        }
        coded(answer, meaning(CODES, &code), &code, &field(&body, "Message").unwrap_or_default())
    }

    pub(crate) fn read_receipts(body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let body = receipts::json(body)?;
        receipts::usable(receipts::elements(&body).iter().map(|report| {
            let is_delivered = field(report, "success")? == "true";
            let code = field(report, "err_code").unwrap_or_default();
            let (id, to) = (field(report, "biz_id"), field(report, "phone_number"));
            receipts::receipt(id, field(report, "out_id"), to, is_delivered, &code)
        }))
    }

    pub(crate) fn receipt_answer() -> ReceiptAnswer {
        ReceiptAnswer::json(r#"{"code":0,"msg":"接收成功"}"#)
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::template::TemplateParams;
    use super::*;
    use hotlined_core::message::sending::RefusalClass;
    use hotlined_core::time::Instant;

    const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// The example of help.aliyun.com/document_detail/2593177.html: `RunInstances` with fixed parameters.
    #[test]
    fn the_signature_is_the_official_one() {
        let query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai";
        let headers = [
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", EMPTY_SHA256),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
        ];
        let to_sign =
            ToSign { method: "POST", path: "/", query, headers: &headers, body_sha256: EMPTY_SHA256 };
        assert_eq!(
            sha256_hex(to_sign.canonical().as_bytes()),
            "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
        );
        assert_eq!(
            to_sign.authorization("YourAccessKeyId", &Secret::from("YourAccessKeySecret")),
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
             x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    fn gateway() -> Alibaba {
        let names = [("time", "time"), ("caller", "caller_masked")];
        let params = TemplateParams::Named(names.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
        Alibaba {
            url: Alibaba::URL.into(),
            access_key_id: "YourAccessKeyId".into(),
            access_key_secret: "YourAccessKeySecret".into(),
            sign: "示例商店".into(),
            templates: [("missed".to_owned(), TemplateMapping { id: "SMS_123456789".into(), params })].into(),
        }
    }

    #[test]
    fn a_message_is_signed_as_it_is_sent() {
        let message = sample::message();
        let sms = sample::request(&message, "call-1:missed:13800138000");
        let nonce = "3156853299f313e23d1673dc12e1703d".to_owned();
        // 2026-10-01T02:03:04Z
        let cx = RequestContext { now: Instant(1_790_820_184_000), nonce };
        let request = gateway().request(&sms, &cx).unwrap();
        assert_eq!(
            request.url,
            "https://dysmsapi.aliyuncs.com/?OutId=call-1%3Amissed%3A13800138000&PhoneNumbers=13800138000\
             &SignName=%E7%A4%BA%E4%BE%8B%E5%95%86%E5%BA%97&TemplateCode=SMS_123456789&TemplateParam=%7B%22time%22\
             %3A%223%E6%9C%8827%E6%97%A59%E6%97%B618%E5%88%86%22%2C%22caller%22%3A%22010%2A%2A%2A%2A%2A%2A%2A%2A%22%7D"
        );
        let signature = "76590c0d67b5c9e3ba3a7e6501c97eca7261e6e53e1affc746c36416768c9d0c";
        assert!(request.header("authorization").unwrap().ends_with(signature));
        assert_eq!(request.header("x-acs-date"), Some("2026-10-01T02:03:04Z"));
        assert_eq!((request.method.as_str(), request.body.len(), request.header("host")), ("POST", 0, None));
    }

    #[test]
    fn what_the_settings_lack_is_said() {
        let mut message = sample::message();
        message.template = "digest".into();
        let cx = sample::context();
        let error = gateway().request(&sample::request(&message, "1"), &cx).unwrap_err();
        assert_eq!(error, RequestError::NoTemplate("digest".into()));
        message.template = "missed".into();
        message.values.remove("time");
        let error = gateway().request(&sample::request(&message, "1"), &cx).unwrap_err();
        assert_eq!(error, RequestError::NoValue("time".into()));
        assert_eq!(error.class(), RefusalClass::Configuration);
    }

    #[test]
    fn answers_are_understood() {
        let read = |status, body: &str| Alibaba::read_answer(&sample::answer(status, body));
        let ok = r#"{"Message":"OK","RequestId":"F65","Code":"OK","BizId":"900619746936498440^0"}"#;
        assert_eq!(read(200, ok), SendOutcome::Accepted { id: Some("900619746936498440^0".into()) });
        let class = |status, code: &str| {
            sample::class(&read(status, &format!(r#"{{"Code":"{code}","Message":"m","RequestId":"1"}}"#)))
        };
        assert_eq!(class(200, "isv.BUSINESS_LIMIT_CONTROL"), Some(RefusalClass::Throttled));
        assert_eq!(class(503, "Throttling.User"), Some(RefusalClass::Throttled));
        assert_eq!(class(200, "isv.AMOUNT_NOT_ENOUGH"), Some(RefusalClass::Balance));
        assert_eq!(class(200, "isp.SYSTEM_ERROR"), Some(RefusalClass::Retry));
        assert_eq!(class(200, "isp.RAM_PERMISSION_DENY"), Some(RefusalClass::Configuration));
        assert_eq!(class(200, "isv.SMS_SIGNATURE_ILLEGAL"), Some(RefusalClass::Configuration));
        assert_eq!(class(400, "SignatureDoesNotMatch"), Some(RefusalClass::Configuration));
        assert_eq!(class(404, "InvalidAccessKeyId.NotFound"), Some(RefusalClass::Configuration));
        assert_eq!(class(200, "isv.MOBILE_NUMBER_ILLEGAL"), Some(RefusalClass::Rejected));
        assert_eq!(class(200, "isv.SOMETHING_NEW"), Some(RefusalClass::Rejected));
        assert!(matches!(read(200, "{}"), SendOutcome::Unknown { .. }));
        assert!(matches!(read(502, "<html>"), SendOutcome::Unknown { .. }));
    }

    #[test]
    fn receipts_are_read() {
        let body = r#"[{"phone_number":"13800138000","send_time":"2017-01-01 00:00:00","report_time":"2017-01-01 00:00:00",
            "success":true,"err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"12345","out_id":"67890"},
            {"phone_number":"13900139000","success":false,"err_code":"MK:0001","biz_id":"12346"}]"#;
        let receipts = Alibaba::read_receipts(body.as_bytes()).unwrap();
        let first = Receipt {
            gateway_id: "12345".into(),
            our_id: Some("67890".into()),
            to: Some("13800138000".into()),
            is_delivered: true,
            code: "DELIVERED".into(),
        };
        assert_eq!(receipts[0], first);
        assert_eq!((receipts[1].is_delivered, receipts[1].code.as_str()), (false, "MK:0001"));
        assert_eq!(Alibaba::read_receipts(b"<"), Err(ReceiptError::Form("no JSON")));
        assert_eq!(Alibaba::read_receipts(b"[{}]"), Err(ReceiptError::Fields));
    }
}
