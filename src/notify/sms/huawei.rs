//! Huawei Cloud (华为云 MSGSMS): `batchSendSms`, signed with SDK-HMAC-SHA256 or by X-WSSE.
//!
//! Customers who came after January 2025 cannot open this service. A signature is good for 15 minutes. Receipts come to
//! the address in each request. Sources: support.huaweicloud.com/api-msgsms/sms_05_0001.html, sms_05_0003.html,
//! sms_05_0046.html; error codes: sms_05_0050.html.

use super::answer::{accepted, by_status, coded, field, json};
use super::classes::{BALANCE, CONFIGURATION, Codes, RETRY, THROTTLED, meaning};
use super::receipts::{self, ReceiptAnswer, ReceiptError};
use super::request::{Address, RequestContext, RequestError, SmsRequest};
use super::template::{TemplateMapping, mapping};
use crate::digest::{base64, hex, hmac_sha256, sha256_hex};
use crate::encoding::{pairs, utc_time, utc_time_basic};
use crate::http::{HttpAnswer, HttpRequest};
use crate::secret::Secret;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use std::collections::BTreeMap;

const ALGORITHM: &str = "SDK-HMAC-SHA256";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
const SUCCESS: &str = "000000";

const CODES: Codes = &[
    ("E000000", RETRY),
    ("E000112", BALANCE),
    ("E0000*", CONFIGURATION),
    ("E0001*", CONFIGURATION),
    ("E000620", CONFIGURATION),
    ("E000623", THROTTLED),
    ("E200015", THROTTLED),
    ("E200048", THROTTLED),
    ("E200018", CONFIGURATION),
    ("E200024", CONFIGURATION),
    ("E200029", CONFIGURATION),
    ("E200030", CONFIGURATION),
    ("E200031", CONFIGURATION),
    ("E200033", CONFIGURATION),
    ("E200036", CONFIGURATION),
    ("E200038", RETRY),
];

/// How requests are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HuaweiAuth {
    /// SDK-HMAC-SHA256, as the vendor recommends.
    #[default]
    AkSk,
    /// X-WSSE.
    Wsse,
}

/// The settings of Huawei Cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Huawei {
    /// Where requests go to; [`Self::URL`].
    pub url: String,
    /// How requests are signed.
    pub auth: HuaweiAuth,
    /// The application's key.
    pub app_key: String,
    /// The application's secret.
    pub app_secret: Secret,
    /// The channel (通道号), which belongs to a signature.
    pub sender: String,
    /// The name of the signature, for templates that have none of their own.
    pub signature: Option<String>,
    /// The templates.
    pub templates: BTreeMap<String, TemplateMapping>,
}

/// What is signed.
struct ToSign<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    /// Names in lower case, sorted.
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
    /// `YYYYMMDDTHHMMSSZ`.
    date: &'a str,
}

impl ToSign<'_> {
    fn names(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    fn canonical(&self) -> String {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let Self { method, path, query, body, .. } = self;
        // The path that is signed ends in a slash, also where the path that is asked for does not.
        let slash = if path.ends_with('/') { "" } else { "/" };
        format!("{method}\n{path}{slash}\n{query}\n{headers}\n{}\n{}", self.names(), sha256_hex(body))
    }

    /// The header `Authorization`.
    fn authorization(&self, key: &str, secret: &Secret) -> String {
        let to_sign = format!("{ALGORITHM}\n{}\n{}", self.date, sha256_hex(self.canonical().as_bytes()));
        let signature = hex(&hmac_sha256(secret.expose().as_bytes(), to_sign.as_bytes()));
        format!("{ALGORITHM} Access={key}, SignedHeaders={}, Signature={signature}", self.names())
    }
}

/// The digest of X-WSSE: base64 of the hexadecimal digits, not of the bytes.
fn wsse_digest(nonce: &str, created: &str, secret: &Secret) -> String {
    base64(sha256_hex(format!("{nonce}{created}{}", secret.expose()).as_bytes()).as_bytes())
}

impl Huawei {
    /// The address of the service in the region of Beijing.
    pub const URL: &str = "https://smsapi.cn-north-4.myhuaweicloud.com/sms/batchSendSms/v1";

    pub(crate) fn request(
        &self,
        sms: &SmsRequest<'_>,
        cx: &RequestContext,
    ) -> Result<HttpRequest, RequestError> {
        let address = Address::parse(&self.url)?;
        let template = mapping(&self.templates, sms)?;
        let number = sms.to_e164();
        let params = serde_json::Value::from(template.params.ordered(sms)?).to_string();
        let mut fields = vec![
            ("from", self.sender.as_str()),
            ("to", &number),
            ("templateId", &template.id),
            ("templateParas", &params),
        ];
        if let Some(receipt_url) = sms.receipt_url {
            fields.push(("statusCallback", receipt_url));
        }
        if let Some(signature) = &self.signature {
            fields.push(("signature", signature));
        }
        fields.push(("extend", &sms.id));
        let body = pairs(fields).into_bytes();
        let mut headers = vec![("content-type".to_owned(), CONTENT_TYPE.to_owned())];
        headers.extend(match self.auth {
            HuaweiAuth::AkSk => self.signed(&address, &body, cx),
            HuaweiAuth::Wsse => self.wsse(cx),
        });
        Ok(HttpRequest { method: "POST".to_owned(), url: address.plain(), headers, body })
    }

    fn signed(&self, address: &Address, body: &[u8], cx: &RequestContext) -> Vec<(String, String)> {
        let date = utc_time_basic(cx.now);
        let headers = [("content-type", CONTENT_TYPE), ("host", &address.host), ("x-sdk-date", &date)];
        let query = address.url.query().unwrap_or_default();
        let path = address.url.path();
        let to_sign = ToSign { method: "POST", path, query, headers: &headers, body, date: &date };
        let authorization = to_sign.authorization(&self.app_key, &self.app_secret);
        vec![("x-sdk-date".to_owned(), date), ("authorization".to_owned(), authorization)]
    }

    fn wsse(&self, cx: &RequestContext) -> Vec<(String, String)> {
        let created = utc_time(cx.now);
        let digest = wsse_digest(&cx.nonce, &created, &self.app_secret);
        let token = format!(
            "UsernameToken Username=\"{}\",PasswordDigest=\"{digest}\",Nonce=\"{}\",Created=\"{created}\"",
            self.app_key, cx.nonce
        );
        let realm = "WSSE realm=\"SDP\",profile=\"UsernameToken\",type=\"Appkey\"";
        vec![("authorization".to_owned(), realm.to_owned()), ("x-wsse".to_owned(), token)]
    }

    pub(crate) fn read_answer(answer: &HttpAnswer) -> SendOutcome {
        let Some(body) = json(answer) else { return by_status(answer) };
        let Some(code) = field(&body, "code") else { return by_status(answer) };
        let result = body.pointer("/result/0");
        let status = result.and_then(|result| field(result, "status"));
        // The code of the number says more than the code of the request, which is then E000510 or even E000000.
        let code = status.filter(|status| status != SUCCESS).unwrap_or(code);
        if code == SUCCESS {
            return accepted(result.and_then(|result| field(result, "smsMsgId")));
        }
        coded(answer, meaning(CODES, &code), &code, &field(&body, "description").unwrap_or_default())
    }

    pub(crate) fn read_receipts(content_type: &str, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let body = if content_type.contains("json") {
            receipts::json(body)?
        } else {
            receipts::form(body, receipts::utf8)?
        };
        // In batches: {"statusReportList":[…]}.
        let reports = receipts::elements(body.get("statusReportList").unwrap_or(&body));
        receipts::usable(reports.iter().map(|report| {
            let code = field(report, "status")?;
            let to = receipts::any_field(report, &["to", "originTo"]);
            let is_delivered = code == "DELIVRD";
            receipts::receipt(field(report, "smsMsgId"), field(report, "extend"), to, is_delivered, &code)
        }))
    }

    pub(crate) fn receipt_answer() -> ReceiptAnswer {
        ReceiptAnswer::text("")
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::template::TemplateParams;
    use super::*;
    use hotlined_core::message::sending::RefusalClass;
    use hotlined_core::time::Instant;

    /// The example of the vendor's guide to signing (devg-apisign).
    #[test]
    fn the_signature_is_the_official_one() {
        let headers = [
            ("content-type", "application/json"),
            ("host", "service.region.example.com"),
            ("x-sdk-date", "20191115T033655Z"),
        ];
        let to_sign = ToSign {
            method: "GET",
            path: "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
            query: "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
            headers: &headers,
            body: b"",
            date: "20191115T033655Z",
        };
        assert_eq!(
            sha256_hex(to_sign.canonical().as_bytes()),
            "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
        );
        assert_eq!(
            to_sign.authorization(
                "QTWAOYTTINDUT2QVKYUC",
                &Secret::from("MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")
            ),
            "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, \
             Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
        );
    }

    #[test]
    fn the_digest_of_wsse_is_of_the_digits() {
        let secret = Secret::from("example-app-secret");
        assert_eq!(
            wsse_digest("66C92B11FF8A425FB8D4CCFE0ED9ED1F", "2018-02-12T15:30:20Z", &secret),
            "MzBlMDBiM2Y5ZjI1YTdiYzY2YmZjZDU1MGVmOTAyZGY4ZjA3ZDVhZDllM2Q4MzEwY2VmYjkzNDdiZDE2ZmExZg=="
        );
    }

    fn gateway() -> Huawei {
        let params = TemplateParams::Ordered(vec!["entered.code".into()]);
        let mapping = TemplateMapping { id: "1d18a7f4e1b84f6c8fc1546b48b3baea".into(), params };
        Huawei {
            url: Huawei::URL.into(),
            auth: HuaweiAuth::AkSk,
            app_key: "QTWAOYTTINDUT2QVKYUC".into(),
            app_secret: "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc".into(),
            sender: "1069368924410000000".into(),
            signature: None,
            templates: [("missed".to_owned(), mapping)].into(),
        }
    }

    fn request(gateway: &Huawei) -> HttpRequest {
        let mut message = sample::message();
        message.values.insert("entered.code".into(), "369751".into());
        let mut sms = sample::request(&message, "call-1");
        sms.receipt_url = Some("https://example.com/receipt");
        // 2019-11-15T03:36:55Z
        let cx = RequestContext {
            now: Instant(1_573_789_015_000),
            nonce: "66C92B11FF8A425FB8D4CCFE0ED9ED1F".into(),
        };
        gateway.request(&sms, &cx).unwrap()
    }

    #[test]
    fn a_message_is_signed_as_it_is_sent() {
        let request = request(&gateway());
        assert_eq!(
            String::from_utf8(request.body.clone()).unwrap(),
            "from=1069368924410000000&to=%2B8613800138000&templateId=1d18a7f4e1b84f6c8fc1546b48b3baea\
             &templateParas=%5B%22369751%22%5D&statusCallback=https%3A%2F%2Fexample.com%2Freceipt&extend=call-1"
        );
        let signature = "Signature=326a0fe0f0e43ce12c7473671dd41f35ec5a0f91e4e156e1bc45d3d1e7a463ee";
        assert!(request.header("authorization").unwrap().ends_with(signature));
        assert_eq!(request.url, Huawei::URL);
    }

    #[test]
    fn wsse_stands_in_two_headers() {
        let request = request(&Huawei { auth: HuaweiAuth::Wsse, ..gateway() });
        let wsse = "WSSE realm=\"SDP\",profile=\"UsernameToken\",type=\"Appkey\"";
        assert_eq!(request.header("authorization"), Some(wsse));
        let token = request.header("x-wsse").unwrap();
        assert!(
            token.starts_with("UsernameToken Username=\"QTWAOYTTINDUT2QVKYUC\",PasswordDigest=\""),
            "{token}"
        );
        assert!(token.ends_with("Created=\"2019-11-15T03:36:55Z\""), "{token}");
    }

    #[test]
    fn answers_are_understood() {
        let read = |body: &str| Huawei::read_answer(&sample::answer(200, body));
        let answer = |code: &str, status: &str| {
            read(&format!(
                r#"{{"code":"{code}","description":"d","result":[{{"originTo":"+8613800138000",
                "createTime":"2018-08-06T11:59:50Z","from":"10690","smsMsgId":"4b4b34e7_8549","status":"{status}"}}]}}"#
            ))
        };
        assert_eq!(answer("000000", "000000"), SendOutcome::Accepted { id: Some("4b4b34e7_8549".into()) });
        let class = |code, status| sample::class(&answer(code, status));
        assert_eq!(class("E000510", "E200015"), Some(RefusalClass::Throttled));
        assert_eq!(class("E000000", "E200028"), Some(RefusalClass::Rejected));
        assert_eq!(class("000000", "E200030"), Some(RefusalClass::Configuration));
        assert_eq!(class("E000510", "000000"), Some(RefusalClass::Rejected));
        let of_request =
            |code: &str| sample::class(&read(&format!(r#"{{"code":"{code}","description":"d"}}"#)));
        assert_eq!(of_request("E000101"), Some(RefusalClass::Configuration));
        assert_eq!(of_request("E000045"), Some(RefusalClass::Configuration));
        assert_eq!(of_request("E000112"), Some(RefusalClass::Balance));
        assert_eq!(of_request("E000000"), Some(RefusalClass::Retry));
        assert_eq!(of_request("E000503"), Some(RefusalClass::Rejected));
        assert!(matches!(read("{\"result\":[]}"), SendOutcome::Unknown { .. }));
    }

    #[test]
    fn receipts_are_read() {
        let form = "sequence=1&total=1&updateTime=2018-10-31T08%3A43%3A41Z&source=2&smsMsgId=2ea20735_2018&\
                    status=DELIVRD&extend=call-1&to=%2B8613800138000";
        let receipts = Huawei::read_receipts("application/x-www-form-urlencoded", form.as_bytes()).unwrap();
        let expected = Receipt {
            gateway_id: "2ea20735_2018".into(),
            our_id: Some("call-1".into()),
            to: Some("13800138000".into()),
            is_delivered: true,
            code: "DELIVRD".into(),
        };
        assert_eq!(receipts, [expected]);
        let batch = r#"{"statusReportList":[{"smsMsgId":"a","status":"UNDELIV"},{"smsMsgId":"b","status":"DELIVRD"}]}"#;
        let receipts = Huawei::read_receipts("application/json", batch.as_bytes()).unwrap();
        assert_eq!(receipts.iter().map(|receipt| receipt.is_delivered).collect::<Vec<_>>(), [false, true]);
    }
}
