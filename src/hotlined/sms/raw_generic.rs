//! The keys of a generic gateway in `gateways.toml`.

use super::gateway_fault::GatewayFault;
use super::raw_template::{RawTemplate, templates};
use super::secret_source::SecretSource;
use hotlined_core::message::sending::RefusalClass;
use hotlined_notify::sms::{
    Charset, FieldEquals, GenericAnswer, GenericBody, GenericGateway, GenericReceipts, GenericSettings,
    ReceiptAnswer,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The words for a receipt that was taken.
const RECEIPT_TAKEN: &str = "ok";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGeneric {
    #[serde(default = "post")]
    method: String,
    url: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: RawBody,
    #[serde(default)]
    charset: RawCharset,
    #[serde(default)]
    sign: String,
    #[serde(default)]
    secrets: BTreeMap<String, SecretSource>,
    #[serde(default)]
    templates: BTreeMap<String, RawTemplate>,
    #[serde(default)]
    status: Vec<u16>,
    success: Option<RawFieldEquals>,
    message_id: Option<String>,
    error_code: Option<String>,
    error_text: Option<String>,
    #[serde(default)]
    errors: BTreeMap<String, RefusalClass>,
    receipts: Option<RawReceipts>,
}

fn post() -> String {
    "POST".to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBody {
    json: Option<String>,
    form: Option<BTreeMap<String, String>>,
    raw: Option<String>,
    content_type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
enum RawCharset {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "gbk")]
    Gbk,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFieldEquals {
    pointer: String,
    equals: OneOrMore,
}

/// A text, or a list of texts.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text, or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::More(texts) => texts,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReceipts {
    field: Option<String>,
    list: Option<String>,
    id: Option<String>,
    our_id: Option<String>,
    to: Option<String>,
    status: String,
    delivered: OneOrMore,
    answer: Option<String>,
    answer_type: Option<String>,
}

impl RawGeneric {
    /// The gateway, with its templates compiled.
    pub(super) fn gateway(self, folder: &Path) -> Result<GenericGateway, GatewayFault> {
        let secret = |(name, source): (String, SecretSource)| {
            let key = format!("secrets.{name}");
            let secret = source.read(folder).map_err(|error| GatewayFault::Secret { key, error })?;
            Ok((name, secret))
        };
        let settings = GenericSettings {
            method: self.method,
            url: self.url,
            query: self.query.into_iter().collect(),
            headers: self.headers.into_iter().collect(),
            body: self.body.checked()?,
            charset: match self.charset {
                RawCharset::Utf8 => Charset::Utf8,
                RawCharset::Gbk => Charset::Gbk,
            },
            sign: self.sign,
            secrets: self.secrets.into_iter().map(secret).collect::<Result<_, GatewayFault>>()?,
            templates: templates(self.templates),
            answer: GenericAnswer {
                status: self.status,
                success: self.success.map(|RawFieldEquals { pointer, equals }| FieldEquals {
                    pointer,
                    equals: equals.into_list(),
                }),
                id: self.message_id,
                code: self.error_code,
                text: self.error_text,
                errors: self.errors,
            },
            receipts: self.receipts.map(RawReceipts::settings),
        };
        GenericGateway::new(settings).map_err(|error| GatewayFault::Settings(error.to_string()))
    }
}

impl RawBody {
    fn checked(self) -> Result<GenericBody, GatewayFault> {
        match self {
            Self { json: None, form: None, raw: None, content_type: None } => Ok(GenericBody::None),
            Self { json: Some(json), form: None, raw: None, content_type: None } => {
                Ok(GenericBody::Json(json))
            }
            Self { json: None, form: Some(form), raw: None, content_type: None } => {
                Ok(GenericBody::Form(form.into_iter().collect()))
            }
            Self { json: None, form: None, raw: Some(template), content_type: Some(content_type) } => {
                Ok(GenericBody::Raw { content_type, template })
            }
            Self { .. } => {
                let why = "body: write one of json = \"…\", form = { … }, or raw = \"…\" with content_type";
                Err(GatewayFault::Settings(why.to_owned()))
            }
        }
    }
}

impl RawReceipts {
    fn settings(self) -> GenericReceipts {
        GenericReceipts {
            field: self.field,
            list: self.list,
            id: self.id,
            our_id: self.our_id,
            to: self.to,
            status: self.status,
            delivered: self.delivered.into_list(),
            answer: ReceiptAnswer {
                status: 200,
                content_type: self.answer_type.unwrap_or_else(|| "text/plain; charset=utf-8".to_owned()),
                body: self.answer.unwrap_or_else(|| RECEIPT_TAKEN.to_owned()),
            },
        }
    }
}
