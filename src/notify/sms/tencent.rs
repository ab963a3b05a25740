//! Tencent Cloud (腾讯云短信): `SendSms` of the API 2021-01-11, signed with TC3-HMAC-SHA256.
//!
//! A signature is good for 5 minutes. The bytes that are signed must be the bytes that are sent. Receipts go to the
//! address of the console and do not repeat our id. Sources: cloud.tencent.com/document/api/213/30654, 382/55981,
//! 382/5807; error codes: cloud.tencent.com/document/api/382/59177.

use super::answer::{accepted, by_status, coded, field, json};
use super::classes::{BALANCE, CONFIGURATION, Codes, REJECTED, RETRY, THROTTLED, UNKNOWN, meaning};
use super::receipts::{self, ReceiptAnswer, ReceiptError};
use super::request::{Address, RequestContext, RequestError, SmsRequest};
use super::template::{TemplateMapping, mapping};
use crate::digest::{hex, hmac_sha256, sha256_hex};
use crate::encoding::utc_date;
use crate::http::{HttpAnswer, HttpRequest};
use crate::secret::Secret;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use hotlined_core::time::Instant;
use serde::Serialize;
use std::collections::BTreeMap;

const ALGORITHM: &str = "TC3-HMAC-SHA256";
const SERVICE: &str = "sms";
const ACTION: &str = "SendSms";
const VERSION: &str = "2021-01-11";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";

const CODES: Codes = &[
    // The vendor's own servers did not answer each other in time.
    ("InternalError.Timeout", UNKNOWN),
    ("InternalError.SendAndRecvFail", UNKNOWN),
    ("InternalError.Sig*", CONFIGURATION),
    ("InternalError.RestApiInterfaceNotExist", CONFIGURATION),
    ("InternalError*", RETRY),
    ("ResourceUnavailable*", RETRY),
    ("ResourceInsufficient*", RETRY),
    ("LimitExceeded.PhoneNumberCountLimit", REJECTED),
    ("LimitExceeded.AppCountryOrRegionInBlacklist", CONFIGURATION),
    ("LimitExceeded*", THROTTLED),
    ("RequestLimitExceeded*", THROTTLED),
    ("FailedOperation.InsufficientBalanceInSmsPackage", BALANCE),
    ("UnauthorizedOperation.ServiceSuspendDueToArrears", BALANCE),
    ("FailedOperation.JsonParseFail", CONFIGURATION),
    ("FailedOperation.FailResolvePacket", CONFIGURATION),
    ("FailedOperation.Signature*", CONFIGURATION),
    ("FailedOperation.MissingSignature*", CONFIGURATION),
    ("FailedOperation.Template*", CONFIGURATION),
    ("InvalidParameterValue.SdkAppIdNotExist", CONFIGURATION),
    ("AuthFailure*", CONFIGURATION),
    ("UnauthorizedOperation*", CONFIGURATION),
    ("InvalidAction*", CONFIGURATION),
    ("InvalidRequest*", CONFIGURATION),
    ("IpInBlacklist*", CONFIGURATION),
    ("IpNotInWhitelist*", CONFIGURATION),
    ("Missing*", CONFIGURATION),
    ("NoSuch*", CONFIGURATION),
    ("Unknown*", CONFIGURATION),
    ("UnsupportedRegion*", CONFIGURATION),
    ("UnsupportedProtocol*", CONFIGURATION),
];

/// The settings of Tencent Cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tencent {
    /// Where requests go to; [`Self::URL`].
    pub url: String,
    /// The region; [`Self::REGION`].
    pub region: String,
    /// The key's id.
    pub secret_id: String,
    /// The key.
    pub secret_key: Secret,
    /// The application, such as `1400006666`.
    pub sdk_app_id: String,
    /// The signature (签名) of messages that have none of their own.
    pub sign: String,
    /// The templates.
    pub templates: BTreeMap<String, TemplateMapping>,
}

/// In the order of the vendor's examples.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Payload<'a> {
    phone_number_set: [&'a str; 1],
    sms_sdk_app_id: &'a str,
    sign_name: &'a str,
    template_id: &'a str,
    template_param_set: &'a [&'a str],
    session_context: &'a str,
}

/// What is signed.
struct ToSign<'a> {
    service: &'a str,
    at: Instant,
    /// Names in lower case, sorted; values as they are sent.
    headers: &'a [(&'a str, &'a str)],
    payload: &'a [u8],
}

impl ToSign<'_> {
    fn names(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    fn canonical(&self) -> String {
        let line = |(name, value): &(&str, &str)| format!("{name}:{}\n", value.trim().to_lowercase());
        let headers: String = self.headers.iter().map(line).collect();
        format!("POST\n/\n\n{headers}\n{}\n{}", self.names(), sha256_hex(self.payload))
    }

    fn scope(&self) -> String {
        format!("{}/{}/tc3_request", utc_date(self.at), self.service)
    }

    /// The keys of the date, of the service, and of the request.
    fn keys(&self, secret: &Secret) -> [[u8; 32]; 3] {
        let date = hmac_sha256(format!("TC3{}", secret.expose()).as_bytes(), utc_date(self.at).as_bytes());
        let service = hmac_sha256(&date, self.service.as_bytes());
        [date, service, hmac_sha256(&service, b"tc3_request")]
    }

    /// The header `Authorization`.
    fn authorization(&self, secret_id: &str, secret: &Secret) -> String {
        let (scope, canonical) = (self.scope(), sha256_hex(self.canonical().as_bytes()));
        let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{canonical}", self.at.0 / 1_000);
        let [_, _, key] = self.keys(secret);
        let signature = hex(&hmac_sha256(&key, to_sign.as_bytes()));
        let names = self.names();
        format!("{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }
}

impl Tencent {
    /// The address of the service.
    pub const URL: &str = "https://sms.tencentcloudapi.com/";
    /// The region that takes messages for China.
    pub const REGION: &str = "ap-guangzhou";

    pub(crate) fn request(
        &self,
        sms: &SmsRequest<'_>,
        cx: &RequestContext,
    ) -> Result<HttpRequest, RequestError> {
        let address = Address::parse(&self.url)?;
        let template = mapping(&self.templates, sms)?;
        let params = template.params.ordered(sms)?;
        let number = sms.to_e164();
        let payload = Payload {
            phone_number_set: [&number],
            sms_sdk_app_id: &self.sdk_app_id,
            sign_name: sms.sign(&self.sign),
            template_id: &template.id,
            template_param_set: &params,
            session_context: &sms.id,
        };
        let made = |_| RequestError::Made { template: "payload".into(), reason: "no JSON" };
        let body = serde_json::to_vec(&payload).map_err(made)?;
        let headers =
            [("content-type", CONTENT_TYPE), ("host", address.host.as_str()), ("x-tc-action", ACTION)];
        let to_sign = ToSign { service: SERVICE, at: cx.now, headers: &headers, payload: &body };
        let authorization = to_sign.authorization(&self.secret_id, &self.secret_key);
        let timestamp = (cx.now.0 / 1_000).to_string();
        let headers = [
            ("content-type", CONTENT_TYPE),
            ("x-tc-action", ACTION),
            ("x-tc-version", VERSION),
            ("x-tc-region", &self.region),
            ("x-tc-timestamp", &timestamp),
            ("authorization", &authorization),
        ];
        Ok(HttpRequest {
            method: "POST".to_owned(),
            url: address.plain(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body,
        })
    }

    pub(crate) fn read_answer(answer: &HttpAnswer) -> SendOutcome {
        let Some(body) = json(answer) else { return by_status(answer) };
        // An error is told of the request, or of the number.
        let error = body.pointer("/Response/Error");
        let Some(status) = error.or_else(|| body.pointer("/Response/SendStatusSet/0")) else {
            return by_status(answer);
        };
        let Some(code) = field(status, "Code") else { return by_status(answer) };
        if error.is_none() && code.eq_ignore_ascii_case("ok") {
            return accepted(field(status, "SerialNo"));
        }
        coded(answer, meaning(CODES, &code), &code, &field(status, "Message").unwrap_or_default())
    }

    pub(crate) fn read_receipts(body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let body = receipts::json(body)?;
        receipts::usable(receipts::elements(&body).iter().map(|report| {
            let is_delivered = field(report, "report_status")? == "SUCCESS";
            let code = field(report, "errmsg").unwrap_or_default();
            receipts::receipt(field(report, "sid"), None, field(report, "mobile"), is_delivered, &code)
        }))
    }

    pub(crate) fn receipt_answer() -> ReceiptAnswer {
        ReceiptAnswer::json(r#"{"result":0,"errmsg":"OK"}"#)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::template::TemplateParams;
    use super::*;
    use hotlined_core::message::sending::RefusalClass;

    const PAYLOAD: &str =
        r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
    const AT: Instant = Instant(1_551_113_065_000);
    const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
    const HOST: (&str, &str) = ("host", "cvm.tencentcloudapi.com");

    /// The example of older pages: two headers are signed.
    #[test]
    fn the_signature_of_two_headers_is_the_official_one() {
        let headers = [JSON, HOST];
        let to_sign = ToSign { service: "cvm", at: AT, headers: &headers, payload: PAYLOAD.as_bytes() };
        assert_eq!(
            sha256_hex(PAYLOAD.as_bytes()),
            "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
        );
        assert_eq!(
            sha256_hex(to_sign.canonical().as_bytes()),
            "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
        );
        let secret = Secret::from("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE");
        assert_eq!(
            to_sign.keys(&secret).map(|key| hex(&key)),
            [
                "d1308c81fe71cfd4e06437bbc067b2b8a3d2d8c0e375d547f15c41d5214b395a",
                "3c7cb7c7795393edc14fd2e0e6434a518564b4504b88e94f5d11bf59ba3e7050",
                "ac658d5dde49e9bfdd14e04e062f66b05d9f637d44b8a8d845327d4a77f666b1",
            ]
        );
        assert_eq!(
            to_sign.authorization("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", &secret),
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host, \
             Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
    }

    /// The example of cloud.tencent.com/document/api/213/30654: key and id are stars.
    #[test]
    fn the_signature_of_three_headers_is_the_official_one() {
        let headers = [JSON, HOST, ("x-tc-action", "DescribeInstances")];
        let to_sign = ToSign { service: "cvm", at: AT, headers: &headers, payload: PAYLOAD.as_bytes() };
        assert_eq!(
            sha256_hex(to_sign.canonical().as_bytes()),
            "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
        );
        let secret = Secret::from("*".repeat(32));
        assert_eq!(
            to_sign.keys(&secret).map(|key| hex(&key)),
            [
                "da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0",
                "8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f",
                "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af",
            ]
        );
        let authorization = to_sign.authorization(&format!("AKID{}", "*".repeat(32)), &secret);
        let signature = "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f";
        assert!(authorization.ends_with(signature), "{authorization}");
    }

    fn gateway() -> Tencent {
        let params = TemplateParams::Ordered(vec!["time".into(), "caller_masked".into()]);
        Tencent {
            url: Tencent::URL.into(),
            region: Tencent::REGION.into(),
            secret_id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE".into(),
            secret_key: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE".into(),
            sdk_app_id: "1400006666".into(),
            sign: "示例商店".into(),
            templates: [("missed".to_owned(), TemplateMapping { id: "1110".into(), params })].into(),
        }
    }

    #[test]
    fn a_message_is_signed_as_it_is_sent() {
        let message = sample::message();
        let sms = sample::request(&message, "call-1:missed:13800138000");
        let request = gateway().request(&sms, &RequestContext { now: AT, nonce: String::new() }).unwrap();
        assert_eq!(
            String::from_utf8(request.body.clone()).unwrap(),
            r#"{"PhoneNumberSet":["+8613800138000"],"SmsSdkAppId":"1400006666","SignName":"示例商店","TemplateId":"1110","TemplateParamSet":["3月27日9时18分","010********"],"SessionContext":"call-1:missed:13800138000"}"#
        );
        assert_eq!(
            sha256_hex(&request.body),
            "3e74772c8ad8cad0e101f9d92b12475f85dfbfd55c1a7132d3a446e00f990948"
        );
        let signature = "Signature=b05403b26232cffebc84a5b7c3878fad5e82d39788e023c623b77197834a8030";
        assert!(request.header("authorization").unwrap().ends_with(signature));
        assert_eq!(request.header("x-tc-timestamp"), Some("1551113065"));
        assert_eq!(request.url, "https://sms.tencentcloudapi.com/");
    }

    #[test]
    fn variables_with_names_have_no_order() {
        let mut gateway = gateway();
        let params = TemplateParams::Named(vec![("1".into(), "time".into())]);
        gateway.templates.insert("missed".into(), TemplateMapping { id: "1110".into(), params });
        let message = sample::message();
        let error = gateway.request(&sample::request(&message, "1"), &sample::context()).unwrap_err();
        assert_eq!(error, RequestError::NoOrder("missed".into()));
    }

    #[test]
    fn answers_are_understood() {
        let read = |body: &str| Tencent::read_answer(&sample::answer(200, body));
        let ok = r#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1045710669157053657849499619",
            "PhoneNumber":"+8613800138000","Fee":1,"SessionContext":"","Code":"Ok","Message":"send success",
            "IsoCode":"CN"}],"RequestId":"a0aabda6"}}"#;
        assert_eq!(read(ok), SendOutcome::Accepted { id: Some("5000:1045710669157053657849499619".into()) });
        let of_number = |code: &str| {
            let status = format!(r#"{{"SerialNo":"","Code":"{code}","Message":"m"}}"#);
            sample::class(&read(&format!(r#"{{"Response":{{"SendStatusSet":[{status}]}}}}"#)))
        };
        let of_request = |code: &str| {
            sample::class(&read(&format!(r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"m"}}}}}}"#)))
        };
        assert_eq!(of_number("LimitExceeded.PhoneNumberDailyLimit"), Some(RefusalClass::Throttled));
        assert_eq!(of_number("FailedOperation.InsufficientBalanceInSmsPackage"), Some(RefusalClass::Balance));
        assert_eq!(of_number("InvalidParameterValue.IncorrectPhoneNumber"), Some(RefusalClass::Rejected));
        assert_eq!(
            of_number("FailedOperation.SignatureIncorrectOrUnapproved"),
            Some(RefusalClass::Configuration)
        );
        assert_eq!(of_number("FailedOperation.PhoneNumberInBlacklist"), Some(RefusalClass::Rejected));
        assert_eq!(of_request("AuthFailure.SignatureExpire"), Some(RefusalClass::Configuration));
        assert_eq!(of_request("RequestLimitExceeded"), Some(RefusalClass::Throttled));
        assert_eq!(of_request("InternalError"), Some(RefusalClass::Retry));
        assert_eq!(of_request("InternalError.Timeout"), None);
        assert_eq!(of_request("Ok"), Some(RefusalClass::Rejected));
        for nonsense in ["", "[]", r#"{"Response":{"SendStatusSet":[]}}"#, r#"{"Response":{}}"#] {
            assert!(matches!(read(nonsense), SendOutcome::Unknown { .. }), "{nonsense}");
        }
    }

    #[test]
    fn receipts_are_read() {
        let body = r#"[{"user_receive_time":"2015-10-17 08:03:04","nationcode":"86","mobile":"13800138000",
            "report_status":"SUCCESS","errmsg":"DELIVRD","description":"用户短信送达成功","sid":"yyyyy"},
            {"mobile":"13800138000","report_status":"FAIL","errmsg":"UNDELIV","sid":"zzzzz"}]"#;
        let receipts = Tencent::read_receipts(body.as_bytes()).unwrap();
        assert_eq!((receipts[0].gateway_id.as_str(), receipts[0].is_delivered), ("yyyyy", true));
        assert_eq!((receipts[1].code.as_str(), receipts[1].is_delivered), ("UNDELIV", false));
        assert_eq!(receipts[0].our_id, None);
    }
}
