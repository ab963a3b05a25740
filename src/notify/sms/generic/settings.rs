//! What a generic gateway is told about a service.

use super::charset::Charset;
use crate::secret::Secret;
use crate::sms::receipts::ReceiptAnswer;
use crate::sms::template::TemplateMapping;
use hotlined_core::message::sending::RefusalClass;
use std::collections::BTreeMap;

/// A service as its paper describes it. Every text that is marked as a template may have
/// `{{ variables }}`: see [`GenericGateway`](crate::sms::GenericGateway).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenericSettings {
    /// `GET`, `POST` or `PUT`.
    pub method: String,
    /// The address: a template. Values in it are percent-encoded by themselves; the host may have none.
    pub url: String,
    /// The query: names and templates. Values are percent-encoded.
    pub query: Vec<(String, String)>,
    /// Headers: names and templates.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: GenericBody,
    /// How texts are encoded.
    pub charset: Charset,
    /// The signature (签名) of messages that have none of their own.
    pub sign: String,
    /// The values of `secret.NAME`.
    pub secrets: BTreeMap<String, Secret>,
    /// The service's templates; empty if it takes free text.
    pub templates: BTreeMap<String, TemplateMapping>,
    /// How answers are read.
    pub answer: GenericAnswer,
    /// How receipts are read; none if the service sends none.
    pub receipts: Option<GenericReceipts>,
}

/// The body of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GenericBody {
    /// None.
    #[default]
    None,
    /// JSON: a template. Values in it are escaped for a JSON string by themselves; `{{ text | json }}` has its quotes
    /// with it.
    Json(String),
    /// A form: names and templates. Values are percent-encoded.
    Form(Vec<(String, String)>),
    /// Anything else, such as XML: a template. Values are put in as they are; `{{ text | e }}` escapes them for XML.
    Raw {
        /// The type of the body.
        content_type: String,
        /// The template.
        template: String,
    },
}

/// Where an answer says what. The texts are JSON pointers (RFC 6901), such as `/data/0/code`. An answer that is no JSON
/// is one text, which the pointer `""` finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenericAnswer {
    /// The statuses of success; empty: 200 to 299.
    pub status: Vec<u16>,
    /// What must stand where in the body of a success.
    pub success: Option<FieldEquals>,
    /// The service's id of the message.
    pub id: Option<String>,
    /// The code of an error.
    pub code: Option<String>,
    /// The words of an error.
    pub text: Option<String>,
    /// What the codes mean. A code that is not here: this message is rejected.
    pub errors: BTreeMap<String, RefusalClass>,
}

/// A place in JSON, and what stands there: text, a number or a truth value, compared as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldEquals {
    /// The JSON pointer.
    pub pointer: String,
    /// Any of these.
    pub equals: Vec<String>,
}

/// Where a receipt says what. A form counts as an object of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenericReceipts {
    /// The field of a form that holds JSON.
    pub field: Option<String>,
    /// Where the list of receipts is; none if the body is one receipt, or a list.
    pub list: Option<String>,
    /// The service's id of the message, within a receipt.
    pub id: Option<String>,
    /// The id that the daemon gave.
    pub our_id: Option<String>,
    /// The number.
    pub to: Option<String>,
    /// The status.
    pub status: String,
    /// The statuses of a message that reached the telephone.
    pub delivered: Vec<String>,
    /// What the service wants to hear.
    pub answer: ReceiptAnswer,
}
