//! The templates of a generic gateway: compiled once, filled for each message.

use super::charset::Charset;
use super::filters;
use crate::encoding::percent;
use crate::sms::request::RequestError;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

/// The most bytes that one template makes.
const MADE_BYTES_MAX: usize = 64 * 1024;
/// The most steps of one template.
const STEPS_MAX: u64 = 50_000;
/// The deepest nesting of one template.
const DEPTH_MAX: usize = 32;
/// The name of the template of the address, and of a JSON body.
pub(super) const URL: &str = "url";
pub(super) const JSON_BODY: &str = "body (json)";

/// Why the settings of a generic gateway cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenericError {
    /// A template is wrong.
    #[error("{template}, line {line}: {reason}")]
    Template {
        /// Which template.
        template: String,
        /// The line in it.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A template has a variable that does not exist.
    #[error("{template}: there is no variable {variable:?}; there are {}, secret.NAME", VARIABLES.join(", "))]
    Variable {
        /// Which template.
        template: String,
        /// Which variable.
        variable: String,
    },
    /// A template takes a value that no message has.
    #[error("a message has no value {0:?}")]
    Value(String),
    /// A template has a secret that the settings have not.
    #[error("{template}: the settings have no secret {secret:?}")]
    Secret {
        /// Which template.
        template: String,
        /// Which secret.
        secret: String,
    },
    /// A template fails with a message that was made up to try it.
    #[error("tried with a message: {0}")]
    Tried(RequestError),
    /// The method is none.
    #[error("method must be GET, POST or PUT")]
    Method,
    /// The address is none.
    #[error("url must begin with http:// or https:// and a host without variables")]
    Url,
    /// The name of a header is none.
    #[error("{0:?} cannot be the name of a header")]
    Header(String),
    /// A JSON pointer is none.
    #[error("{key}: {pointer:?} is no JSON pointer: it is empty or begins with /")]
    Pointer {
        /// Which key of the settings.
        key: &'static str,
        /// What stands there.
        pointer: String,
    },
}

/// The variables of templates.
pub(super) const VARIABLES: [&str; 13] = [
    "to",
    "to_e164",
    "sign",
    "template",
    "params",
    "params_list",
    "text",
    "signed_text",
    "id",
    "timestamp",
    "timestamp_ms",
    "nonce",
    "receipt_url",
];
/// The variable whose fields are the secrets.
const SECRET: &str = "secret";
/// The functions of Jinja.
const FUNCTIONS: [&str; 3] = ["dict", "namespace", "range"];

/// Compiled templates, by name.
#[derive(Clone)]
pub(super) struct Templates {
    environment: Arc<Environment<'static>>,
    /// The fields of `params` that templates name.
    pub(super) params: Arc<BTreeSet<String>>,
}

impl Templates {
    /// Compiles templates: names and texts.
    pub(super) fn new(
        templates: impl IntoIterator<Item = (String, String)>,
        charset: Charset,
        secrets: &BTreeSet<&str>,
    ) -> Result<Self, GenericError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(STEPS_MAX));
        environment.set_recursion_limit(DEPTH_MAX);
        environment.set_auto_escape_callback(|name| match name {
            URL => AutoEscape::Custom(URL.into()),
            JSON_BODY => AutoEscape::Custom(JSON_BODY.into()),
            _ => AutoEscape::None,
        });
        environment.set_formatter(move |out, state, value| write_value(charset, out, state, value));
        filters::add(&mut environment, charset);
        let mut params = BTreeSet::new();
        for (name, source) in templates {
            let wrong = |error: Error| GenericError::Template {
                template: name.clone(),
                line: error.line().unwrap_or_default(),
                reason: error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
            };
            environment.add_template_owned(name.clone(), source).map_err(wrong)?;
            let compiled = environment.get_template(&name).map_err(wrong)?;
            for variable in compiled.undeclared_variables(true) {
                check_variable(&name, &variable, secrets)?;
                params.extend(variable.strip_prefix("params.").map(str::to_owned));
            }
        }
        Ok(Self { environment: Arc::new(environment), params: Arc::new(params) })
    }

    /// Fills a template.
    pub(super) fn render(&self, name: &str, values: &Value) -> Result<String, RequestError> {
        // Only the kind of an error is kept: its words may have a value of the message.
        let failed = |error: Error| {
            let reason = match error.kind() {
                ErrorKind::WriteFailure => format!("it makes more than {MADE_BYTES_MAX} bytes"),
                kind => kind.to_string(),
            };
            RequestError::Template {
                template: name.to_owned(),
                line: error.line().unwrap_or_default(),
                reason,
            }
        };
        let template = self.environment.get_template(name).map_err(failed)?;
        let mut made = Made(Vec::new());
        template.render_captured_to(values.clone(), &mut made).map_err(failed)?;
        String::from_utf8(made.0)
            .map_err(|_| RequestError::Made { template: name.to_owned(), reason: "a text that is no UTF-8" })
    }
}

fn check_variable(template: &str, variable: &str, secrets: &BTreeSet<&str>) -> Result<(), GenericError> {
    let template = template.to_owned();
    let (first, rest) = variable.split_once('.').unwrap_or((variable, ""));
    if first == SECRET && secrets.contains(rest) {
        return Ok(());
    }
    if first == SECRET && !rest.is_empty() {
        return Err(GenericError::Secret { template, secret: rest.to_owned() });
    }
    if first == SECRET || !VARIABLES.contains(&first) && !FUNCTIONS.contains(&first) {
        return Err(GenericError::Variable { template, variable: first.to_owned() });
    }
    Ok(())
}

/// Writes a value into an address percent-encoded, into JSON escaped, and elsewhere as it is. What a filter has made fit
/// is written as it is.
fn write_value(
    charset: Charset,
    out: &mut Output<'_>,
    state: &State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = value.to_string();
    let written = match state.auto_escape() {
        AutoEscape::Custom(place) if place == URL && !value.is_safe() => {
            let foreign = |_| Error::new(ErrorKind::InvalidOperation, "a character that the charset has not");
            percent(&charset.encode(&text).map_err(foreign)?)
        }
        AutoEscape::Custom(place) if place == JSON_BODY && !value.is_safe() => {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        _ => text,
    };
    out.write_str(&written).map_err(Error::from)
}

/// What a template has made so far.
struct Made(Vec<u8>);

impl io::Write for Made {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MADE_BYTES_MAX {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
