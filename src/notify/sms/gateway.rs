//! One gateway of any kind.

use super::alibaba::Alibaba;
use super::generic::GenericGateway;
use super::huawei::Huawei;
use super::mas::Mas;
use super::receipts::{ReceiptAnswer, ReceiptError};
use super::request::{Address, RequestContext, RequestError, SmsRequest};
use super::template::{TemplateMapping, TemplateParams, unknown_value};
use super::tencent::Tencent;
use super::yunpian::Yunpian;
use crate::http::{HttpAnswer, HttpRequest};
use crate::secret::Secret;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use std::collections::BTreeMap;

/// A gateway with its settings.
#[derive(Clone, Debug)]
pub enum Gateway {
    /// Alibaba Cloud.
    Alibaba(Alibaba),
    /// Tencent Cloud.
    Tencent(Tencent),
    /// Huawei Cloud.
    Huawei(Huawei),
    /// Yunpian.
    Yunpian(Yunpian),
    /// 云MAS.
    Mas(Mas),
    /// Any other, as its settings say.
    Generic(Box<GenericGateway>),
}

/// Why the settings of a gateway cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A key must have a value.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A header cannot have this value.
    #[error("{0} must be visible ASCII characters")]
    NotAscii(&'static str),
    /// The address is none.
    #[error("url is no http or https address, or has a user name in it")]
    Url,
    /// The variables of a template must be in order.
    #[error("params of template {0:?} must be a list: this gateway knows its variables by their order")]
    Order(String),
    /// A template takes a value that no message has.
    #[error("template {template:?}: a message has no value {value:?}")]
    Value {
        /// The template.
        template: String,
        /// The value.
        value: String,
    },
}

impl Gateway {
    /// The kind, as settings and metrics have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Alibaba(_) => "alibaba",
            Self::Tencent(_) => "tencent",
            Self::Huawei(_) => "huawei",
            Self::Yunpian(_) => "yunpian",
            Self::Mas(_) => "mas",
            Self::Generic(_) => "generic",
        }
    }

    /// Whether the gateway takes only templates, and no text.
    pub fn needs_template(&self) -> bool {
        self.templates().is_some()
    }

    /// The templates of a gateway that takes nothing else; also of a generic one whose settings have templates.
    pub fn templates(&self) -> Option<&BTreeMap<String, TemplateMapping>> {
        match self {
            Self::Alibaba(gateway) => Some(&gateway.templates),
            Self::Tencent(gateway) => Some(&gateway.templates),
            Self::Huawei(gateway) => Some(&gateway.templates),
            Self::Generic(gateway) => {
                Some(&gateway.settings().templates).filter(|templates| !templates.is_empty())
            }
            Self::Yunpian(_) | Self::Mas(_) => None,
        }
    }

    /// Looks for what cannot work, before a port opens. A generic gateway was checked when it was made.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        if let Some((template, value)) = self.templates().and_then(unknown_value) {
            return Err(SettingsError::Value { template: template.to_owned(), value: value.to_owned() });
        }
        match self {
            Self::Alibaba(Alibaba { url, access_key_id, access_key_secret, .. }) => check_texts(
                url,
                &[("access_key_id", access_key_id)],
                ("access_key_secret", access_key_secret),
            ),
            Self::Tencent(Tencent { url, region, secret_id, secret_key, sdk_app_id, templates, .. }) => {
                let texts = [("secret_id", secret_id), ("region", region), ("sdk_app_id", sdk_app_id)];
                check_texts(url, &texts, ("secret_key", secret_key))?;
                check_order(templates)
            }
            Self::Huawei(Huawei { url, app_key, app_secret, sender, templates, .. }) => {
                check_texts(url, &[("app_key", app_key), ("sender", sender)], ("app_secret", app_secret))?;
                check_order(templates)
            }
            Self::Yunpian(Yunpian { url, api_key, .. }) => check_texts(url, &[], ("api_key", api_key)),
            Self::Mas(Mas { url, ec_name, ap_id, secret_key, sign, .. }) => {
                check_texts(url, &[("ap_id", ap_id), ("sign", sign)], ("secret_key", secret_key))?;
                if ec_name.is_empty() { Err(SettingsError::Empty("ec_name")) } else { Ok(()) }
            }
            Self::Generic(_) => Ok(()),
        }
    }

    /// The request that sends this message.
    ///
    /// # Errors
    /// If the settings have not what the message needs, or the message is none that can be sent.
    pub fn request(&self, sms: &SmsRequest<'_>, cx: &RequestContext) -> Result<HttpRequest, RequestError> {
        sms.check()?;
        match self {
            Self::Alibaba(gateway) => gateway.request(sms, cx),
            Self::Tencent(gateway) => gateway.request(sms, cx),
            Self::Huawei(gateway) => gateway.request(sms, cx),
            Self::Yunpian(gateway) => gateway.request(sms),
            Self::Mas(gateway) => gateway.request(sms),
            Self::Generic(gateway) => gateway.request(sms, cx),
        }
    }

    /// What became of the message, by the gateway's answer.
    pub fn read_answer(&self, answer: &HttpAnswer) -> SendOutcome {
        match self {
            Self::Alibaba(_) => Alibaba::read_answer(answer),
            Self::Tencent(_) => Tencent::read_answer(answer),
            Self::Huawei(_) => Huawei::read_answer(answer),
            Self::Yunpian(_) => Yunpian::read_answer(answer),
            Self::Mas(_) => Mas::read_answer(answer),
            Self::Generic(gateway) => gateway.read_answer(answer),
        }
    }

    /// The receipts in a request of the gateway. One message may have several, and the same may come again.
    ///
    /// # Errors
    /// If the body is not what this gateway sends.
    pub fn read_receipts(&self, content_type: &str, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let content_type = content_type.to_ascii_lowercase();
        match self {
            Self::Alibaba(_) => Alibaba::read_receipts(body),
            Self::Tencent(_) => Tencent::read_receipts(body),
            Self::Huawei(_) => Huawei::read_receipts(&content_type, body),
            Self::Yunpian(_) => Yunpian::read_receipts(&content_type, body),
            Self::Mas(_) => Mas::read_receipts(body),
            Self::Generic(gateway) => gateway.read_receipts(&content_type, body),
        }
    }

    /// The answer to receipts that were read.
    pub fn receipt_answer(&self) -> ReceiptAnswer {
        match self {
            Self::Alibaba(_) => Alibaba::receipt_answer(),
            Self::Tencent(_) => Tencent::receipt_answer(),
            Self::Huawei(_) => Huawei::receipt_answer(),
            Self::Yunpian(_) => Yunpian::receipt_answer(),
            Self::Mas(_) => Mas::receipt_answer(),
            Self::Generic(gateway) => gateway.receipt_answer(),
        }
    }
}

/// Texts that go into headers or must not be empty.
fn check_texts(
    url: &str,
    texts: &[(&'static str, &String)],
    secret: (&'static str, &Secret),
) -> Result<(), SettingsError> {
    Address::parse(url).map_err(|_| SettingsError::Url)?;
    for (key, text) in
        texts.iter().map(|(key, text)| (*key, text.as_str())).chain([(secret.0, secret.1.expose())])
    {
        if text.is_empty() {
            return Err(SettingsError::Empty(key));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsError::NotAscii(key));
        }
    }
    Ok(())
}

fn check_order(templates: &BTreeMap<String, TemplateMapping>) -> Result<(), SettingsError> {
    let is_named = |mapping: &TemplateMapping| matches!(mapping.params, TemplateParams::Named(_));
    let named = templates.iter().find(|(_, mapping)| is_named(mapping));
    named.map_or(Ok(()), |(name, _)| Err(SettingsError::Order(name.clone())))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use hotlined_core::message::sending::RefusalClass;
    use proptest::prelude::*;

    fn tencent() -> Tencent {
        Tencent {
            url: Tencent::URL.into(),
            region: Tencent::REGION.into(),
            secret_id: "AKID".into(),
            secret_key: "v3ry-s3cret".into(),
            sdk_app_id: "1400006666".into(),
            sign: String::new(),
            templates: BTreeMap::new(),
        }
    }

    fn all() -> Vec<Gateway> {
        let params = TemplateParams::Ordered(vec!["time".into(), "caller_masked".into()]);
        let templates: BTreeMap<_, _> =
            [("missed".to_owned(), TemplateMapping { id: "1".into(), params })].into();
        let mas = Mas {
            url: "http://mas.example/sms/norsubmit".into(),
            ec_name: "公司".into(),
            ap_id: "demo0".into(),
            secret_key: "v3ry-s3cret".into(),
            sign: "DWItALe3A".into(),
            add_serial: String::new(),
        };
        let huawei = Huawei {
            url: Huawei::URL.into(),
            auth: super::super::huawei::HuaweiAuth::AkSk,
            app_key: "k".into(),
            app_secret: "v3ry-s3cret".into(),
            sender: "10690".into(),
            signature: None,
            templates: templates.clone(),
        };
        let alibaba = Alibaba {
            url: Alibaba::URL.into(),
            access_key_id: "k".into(),
            access_key_secret: "v3ry-s3cret".into(),
            sign: "商店".into(),
            templates: templates.clone(),
        };
        let yunpian =
            Yunpian { url: Yunpian::URL.into(), api_key: "v3ry-s3cret".into(), sign: "商店".into() };
        vec![
            Gateway::Alibaba(alibaba),
            Gateway::Tencent(Tencent { templates, ..tencent() }),
            Gateway::Huawei(huawei),
            Gateway::Yunpian(yunpian),
            Gateway::Mas(mas),
        ]
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let check = |tencent: Tencent| Gateway::Tencent(tencent).check();
        assert_eq!(check(tencent()), Ok(()));
        assert_eq!(check(Tencent { url: "sms.example".into(), ..tencent() }), Err(SettingsError::Url));
        assert_eq!(
            check(Tencent { secret_key: "".into(), ..tencent() }),
            Err(SettingsError::Empty("secret_key"))
        );
        let wrong = Tencent { secret_id: "a\nb".into(), ..tencent() };
        assert_eq!(check(wrong), Err(SettingsError::NotAscii("secret_id")));
        let mut named = tencent();
        let params = TemplateParams::Named(Vec::new());
        named.templates.insert("missed".into(), TemplateMapping { id: "1".into(), params });
        assert_eq!(check(named), Err(SettingsError::Order("missed".into())));
        let mut unknown = tencent();
        let params = TemplateParams::Ordered(["time", "entered.code", "tiem"].map(str::to_owned).into());
        unknown.templates.insert("missed".into(), TemplateMapping { id: "1".into(), params });
        let error = SettingsError::Value { template: "missed".into(), value: "tiem".into() };
        assert_eq!(check(unknown), Err(error));
        assert!(all().iter().all(|gateway| gateway.check() == Ok(())));
    }

    #[test]
    fn no_secret_is_printed() {
        for gateway in all() {
            let printed = format!("{gateway:?}");
            assert!(printed.contains("Secret") && !printed.contains("v3ry-s3cret"), "{printed}");
        }
    }

    #[test]
    fn what_no_gateway_takes_is_refused_before_it_is_asked() {
        for gateway in all() {
            let message = sample::message();
            for id in ["", "a b", "号", &"a".repeat(65)] {
                let error = gateway.request(&sample::request(&message, id), &sample::context()).unwrap_err();
                assert_eq!(error, RequestError::Id);
            }
            for to in ["", "1380013800a", "+", "138001380001380013800"] {
                let message = hotlined_core::message::Message { to: to.into(), ..sample::message() };
                let error = gateway.request(&sample::request(&message, "1"), &sample::context()).unwrap_err();
                assert_eq!(
                    (error.class(), &error),
                    (RefusalClass::Rejected, &RequestError::Recipient),
                    "{to}"
                );
            }
        }
    }

    proptest! {
        /// Whatever a caller sends: headers stay on their line, and the address stays an address.
        #[test]
        fn hostile_text_breaks_no_request(text in "\\PC{0,40}|[\\x00-\\x7f\"{}&%\\\\]{0,40}") {
            let mut message = sample::message();
            message.text = text.clone();
            message.sign = text.clone().into();
            message.values.insert("caller_masked".into(), text);
            for gateway in all() {
                let request = gateway.request(&sample::request(&message, "1"), &sample::context()).unwrap();
                prop_assert!(url::Url::parse(&request.url).is_ok_and(|url| url.as_str() == request.url));
                for (_, value) in &request.headers {
                    prop_assert!(value.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
                }
            }
        }

        /// Whatever a gateway answers or posts, there is no panic, and nothing that is no success is one.
        #[test]
        fn nonsense_is_no_success(status in 0_u16..1_000, body: Vec<u8>, content_type in "[a-z/]{0,20}") {
            let answer = HttpAnswer { status, retry_after: None, body: body.clone() };
            for gateway in all() {
                let accepted = matches!(gateway.read_answer(&answer), SendOutcome::Accepted { .. });
                prop_assert!(!accepted);
                let _ = gateway.read_receipts(&content_type, &body);
            }
        }
    }
}
