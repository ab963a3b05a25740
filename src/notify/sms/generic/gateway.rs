//! The generic gateway: requests.

use super::settings::{GenericBody, GenericSettings};
use super::templates::{GenericError, JSON_BODY, Templates, URL};
use super::{answer, receipts};
use crate::encoding::percent;
use crate::http::{HttpAnswer, HttpRequest};
use crate::sms::receipts::{ReceiptAnswer, ReceiptError};
use crate::sms::request::{Address, RequestContext, RequestError, SmsRequest};
use crate::sms::template::{TemplateParams, is_value, mapping, unknown_value};
use hotlined_core::message;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use minijinja::{Value, context};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const METHODS: [&str; 3] = ["GET", "POST", "PUT"];
/// The longest address.
const URL_BYTES_MAX: usize = 8 * 1024;

/// A gateway that is described by its settings.
///
/// Its templates are Jinja. Variables: `to` (`13800138000`), `to_e164`, `sign`, `template` (the service's id of the
/// template if the settings have templates, else our name), `params` (the values by name), `params_list` (the values in
/// the order of the settings' template), `text`, `signed_text`, `id`, `timestamp` (seconds), `timestamp_ms`, `nonce`,
/// `receipt_url` (empty if there is none), `secret.NAME`. A variable that does not exist is an error.
///
/// Filters beside Jinja's own: `md5`, `sha256`, `hmac_sha256(key)`, `base64`, `hex`, `urlencode`, `json`. A digest is
/// written as its hexadecimal digits; `base64` and the key of `hmac_sha256` take its bytes. Texts are digested in the
/// charset of the gateway.
#[derive(Clone)]
pub struct GenericGateway {
    settings: GenericSettings,
    templates: Templates,
}

impl fmt::Debug for GenericGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenericGateway").field("settings", &self.settings).finish()
    }
}

fn query(name: &str) -> String {
    format!("query.{name}")
}

fn header(name: &str) -> String {
    format!("headers.{name}")
}

fn form(name: &str) -> String {
    format!("body.{name}")
}

const RAW_BODY: &str = "body";

impl GenericGateway {
    /// Compiles the templates and looks for what cannot work.
    ///
    /// # Errors
    /// The first thing that is wrong, with its template and line.
    pub fn new(settings: GenericSettings) -> Result<Self, GenericError> {
        check(&settings)?;
        let mut templates = vec![(URL.to_owned(), settings.url.clone())];
        templates.extend(settings.query.iter().map(|(name, template)| (query(name), template.clone())));
        templates.extend(settings.headers.iter().map(|(name, template)| (header(name), template.clone())));
        match &settings.body {
            GenericBody::None => {}
            GenericBody::Json(template) => templates.push((JSON_BODY.to_owned(), template.clone())),
            GenericBody::Form(fields) => {
                templates.extend(fields.iter().map(|(name, template)| (form(name), template.clone())));
            }
            GenericBody::Raw { template, .. } => templates.push((RAW_BODY.to_owned(), template.clone())),
        }
        let secrets: BTreeSet<&str> = settings.secrets.keys().map(String::as_str).collect();
        let templates = Templates::new(templates, settings.charset, &secrets)?;
        let gateway = Self { settings, templates };
        gateway.check_values()?;
        // A filter that does not exist, and JSON that is none, show when a template is filled.
        gateway.make(&gateway.sample()).map_err(GenericError::Tried)?;
        Ok(gateway)
    }

    /// Refuses values that no message has.
    fn check_values(&self) -> Result<(), GenericError> {
        let templates = &self.settings.templates;
        let unknown = match templates.is_empty() {
            true => self.templates.params.iter().map(String::as_str).find(|name| !is_value(name)),
            false => unknown_value(templates).map(|(_, value)| value),
        };
        unknown.map_or(Ok(()), |value| Err(GenericError::Value(value.to_owned())))
    }

    /// The settings.
    pub fn settings(&self) -> &GenericSettings {
        &self.settings
    }

    pub(crate) fn request(
        &self,
        sms: &SmsRequest<'_>,
        cx: &RequestContext,
    ) -> Result<HttpRequest, RequestError> {
        self.make(&self.values(sms, cx)?)
    }

    /// The request with these values in the templates.
    fn make(&self, values: &Value) -> Result<HttpRequest, RequestError> {
        let mut url = self.templates.render(URL, values)?;
        let settings = &self.settings;
        if !settings.query.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&self.encoded(&settings.query, query, values)?);
        }
        let (content_type, body) = self.body(values)?;
        let mut headers = Vec::new();
        for (name, _) in &settings.headers {
            let value = self.templates.render(&header(name), values)?;
            let value = value.trim();
            if !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
                let reason = "a value with other than visible ASCII characters";
                return Err(RequestError::Made { template: header(name), reason });
            }
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        if let Some(content_type) = content_type
            && !headers.iter().any(|(name, _)| name == "content-type")
        {
            headers.push(("content-type".to_owned(), content_type));
        }
        if url.len() > URL_BYTES_MAX {
            return Err(RequestError::Made {
                template: URL.to_owned(),
                reason: "an address that is too long",
            });
        }
        let url = Address::parse(&url)?.plain();
        Ok(HttpRequest { method: settings.method.clone(), url, headers, body })
    }

    fn values(&self, sms: &SmsRequest<'_>, cx: &RequestContext) -> Result<Value, RequestError> {
        let settings = &self.settings;
        let message = sms.message;
        let all = || message.values.iter().map(|(name, value)| (name.to_string(), value.clone()));
        let mut params: BTreeMap<String, String> = all().collect();
        let mut params_list: Vec<String> = params.values().cloned().collect();
        let mut template = message.template.to_string();
        if !settings.templates.is_empty() {
            let mapping = mapping(&settings.templates, sms)?;
            let named = mapping.params.named(sms)?;
            params_list = named.iter().map(|(_, value)| (*value).to_owned()).collect();
            params = named.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            template.clone_from(&mapping.id);
        }
        Ok(context! {
            to => sms.to(),
            to_e164 => sms.to_e164(),
            sign => sms.sign(&settings.sign),
            template => template,
            params => params,
            params_list => params_list,
            text => message.text.as_str(),
            signed_text => sms.signed_text(&settings.sign),
            id => sms.id.as_str(),
            timestamp => cx.now.0 / 1_000,
            timestamp_ms => cx.now.0,
            nonce => cx.nonce.as_str(),
            receipt_url => sms.receipt_url.unwrap_or_default(),
            secret => self.secrets(),
        })
    }

    fn secrets(&self) -> BTreeMap<String, String> {
        self.settings
            .secrets
            .iter()
            .map(|(name, secret)| (name.clone(), secret.expose().to_owned()))
            .collect()
    }

    /// The values of no message. Each parameter is a digit, which may stand anywhere.
    fn sample(&self) -> Value {
        let plain = message::Value::PLAIN.iter().map(ToString::to_string);
        let mapped = self.settings.templates.values().flat_map(|mapping| match &mapping.params {
            TemplateParams::Ordered(names) => names.clone(),
            TemplateParams::Named(names) => names.iter().map(|(name, _)| name.clone()).collect(),
        });
        let named = self.templates.params.iter().cloned();
        let params: BTreeMap<String, &str> =
            plain.chain(mapped).chain(named).map(|name| (name, "1")).collect();
        let params_list: Vec<&str> = params.values().copied().collect();
        context! {
            to => "13800138000",
            to_e164 => "+8613800138000",
            sign => "示例",
            template => "sample",
            params => params,
            params_list => params_list,
            text => "示例",
            signed_text => "【示例】示例",
            id => "1",
            timestamp => 1_700_000_000_u64,
            timestamp_ms => 1_700_000_000_000_u64,
            nonce => "1",
            receipt_url => "https://sample.example/",
            secret => self.secrets(),
        }
    }

    /// The type and the bytes of the body.
    fn body(&self, values: &Value) -> Result<(Option<String>, Vec<u8>), RequestError> {
        let charset = self.settings.charset.name();
        match &self.settings.body {
            GenericBody::None => Ok((None, Vec::new())),
            GenericBody::Json(_) => {
                let json = self.templates.render(JSON_BODY, values)?;
                serde_json::from_str::<serde_json::Value>(&json)
                    .map_err(|_| RequestError::Made { template: JSON_BODY.to_owned(), reason: "no JSON" })?;
                Ok((Some(format!("application/json; charset={charset}")), self.in_charset(&json)?))
            }
            GenericBody::Form(fields) => {
                let encoded = self.encoded(fields, form, values)?;
                let content_type = format!("application/x-www-form-urlencoded; charset={charset}");
                Ok((Some(content_type), encoded.into_bytes()))
            }
            GenericBody::Raw { content_type, .. } => {
                let text = self.templates.render(RAW_BODY, values)?;
                Ok((Some(content_type.clone()), self.in_charset(&text)?))
            }
        }
    }

    fn in_charset(&self, text: &str) -> Result<Vec<u8>, RequestError> {
        let encoded = self.settings.charset.encode(text);
        encoded.map(std::borrow::Cow::into_owned).map_err(|letter| RequestError::Charset(u32::from(letter)))
    }

    /// `name=value&name=value` in the charset.
    fn encoded(
        &self,
        fields: &[(String, String)],
        template: fn(&str) -> String,
        values: &Value,
    ) -> Result<String, RequestError> {
        let field = |(name, _): &(String, String)| {
            let value = self.templates.render(&template(name), values)?;
            Ok(format!("{}={}", percent(&self.in_charset(name)?), percent(&self.in_charset(&value)?)))
        };
        Ok(fields.iter().map(field).collect::<Result<Vec<_>, RequestError>>()?.join("&"))
    }

    pub(crate) fn read_answer(&self, answer: &HttpAnswer) -> SendOutcome {
        answer::read(&self.settings, answer)
    }

    pub(crate) fn read_receipts(
        &self,
        content_type: &str,
        body: &[u8],
    ) -> Result<Vec<Receipt>, ReceiptError> {
        receipts::read(&self.settings, content_type, body)
    }

    pub(crate) fn receipt_answer(&self) -> ReceiptAnswer {
        let receipts = self.settings.receipts.as_ref();
        receipts.map_or_else(|| ReceiptAnswer::text(""), |receipts| receipts.answer.clone())
    }
}

fn check(settings: &GenericSettings) -> Result<(), GenericError> {
    if !METHODS.contains(&settings.method.as_str()) {
        return Err(GenericError::Method);
    }
    let rest = ["http://", "https://"].iter().find_map(|scheme| settings.url.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if host.is_empty() || host.contains(['{', '}']) || Address::parse(&format!("http://{host}")).is_err() {
        return Err(GenericError::Url);
    }
    for (name, _) in &settings.headers {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        // The length and the host are the sender's to say.
        let is_ours = ["host", "content-length", "transfer-encoding", "connection"];
        if name.is_empty()
            || !name.bytes().all(is_token)
            || is_ours.iter().any(|ours| name.eq_ignore_ascii_case(ours))
        {
            return Err(GenericError::Header(name.clone()));
        }
    }
    let answer = &settings.answer;
    let mut pointers = vec![
        ("success.pointer", answer.success.as_ref().map(|success| &success.pointer)),
        ("id", answer.id.as_ref()),
        ("code", answer.code.as_ref()),
        ("text", answer.text.as_ref()),
    ];
    if let Some(receipts) = &settings.receipts {
        pointers.extend([
            ("receipts.list", receipts.list.as_ref()),
            ("receipts.id", receipts.id.as_ref()),
            ("receipts.our_id", receipts.our_id.as_ref()),
            ("receipts.to", receipts.to.as_ref()),
            ("receipts.status", Some(&receipts.status)),
        ]);
    }
    for (key, pointer) in pointers {
        if let Some(pointer) = pointer.filter(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
            return Err(GenericError::Pointer { key, pointer: pointer.clone() });
        }
    }
    Ok(())
}
