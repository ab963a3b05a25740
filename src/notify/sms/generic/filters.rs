//! The filters of templates: digests and encodings.

use super::charset::Charset;
use crate::digest::{base64, hex, hmac_sha256, md5, sha256};
use crate::encoding::percent;
use minijinja::value::{Object, ObjectRepr};
use minijinja::{Environment, Error, ErrorKind, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The bytes of a digest. In a text they are their hexadecimal digits; `base64`, `hex` and the key of `hmac_sha256` take
/// the bytes.
#[derive(Debug)]
struct Digest(Vec<u8>);

impl Object for Digest {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// A value as text. Undefined is no text, also where a filter would take it.
fn text(value: &Value) -> Result<String, Error> {
    if value.is_undefined() || value.is_none() {
        return Err(Error::new(ErrorKind::UndefinedError, "a filter has no value"));
    }
    Ok(value.to_string())
}

fn encoded(charset: Charset, text: &str) -> Result<Cow<'_, [u8]>, Error> {
    let foreign = |_| Error::new(ErrorKind::InvalidOperation, "a character that the charset has not");
    charset.encode(text).map_err(foreign)
}

/// The bytes of a digest, or of a text in the charset.
fn bytes(charset: Charset, value: &Value) -> Result<Vec<u8>, Error> {
    if let Some(Digest(bytes)) = value.downcast_object_ref() {
        return Ok(bytes.clone());
    }
    Ok(encoded(charset, &text(value)?)?.into_owned())
}

fn digest(bytes: &[u8]) -> Value {
    Value::from_object(Digest(bytes.to_vec()))
}

/// Adds the filters. Texts are digested and percent-encoded in the charset of the gateway.
pub(super) fn add(environment: &mut Environment<'_>, charset: Charset) {
    let digested =
        move |value: &Value| -> Result<Vec<u8>, Error> { Ok(encoded(charset, &text(value)?)?.into_owned()) };
    environment.add_filter("md5", move |value: Value| Ok::<_, Error>(digest(&md5(&digested(&value)?))));
    environment.add_filter("sha256", move |value: Value| Ok::<_, Error>(digest(&sha256(&digested(&value)?))));
    environment.add_filter("hmac_sha256", move |value: Value, key: Value| {
        Ok::<_, Error>(digest(&hmac_sha256(&bytes(charset, &key)?, &digested(&value)?)))
    });
    environment.add_filter("base64", move |value: Value| Ok::<_, Error>(base64(&bytes(charset, &value)?)));
    environment.add_filter("hex", move |value: Value| Ok::<_, Error>(hex(&bytes(charset, &value)?)));
    environment.add_filter("urlencode", move |value: Value| {
        Ok::<_, Error>(Value::from_safe_string(percent(&encoded(charset, &text(&value)?)?)))
    });
    environment.add_filter("json", |value: Value| json(&value).map(Value::from_safe_string));
}

/// The JSON of a value, quotes and all.
fn json(value: &Value) -> Result<String, Error> {
    if value.downcast_object_ref::<Digest>().is_some() {
        return json(&Value::from(value.to_string()));
    }
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "a filter has no value"));
    }
    let failed = |_| Error::new(ErrorKind::BadSerialization, "a value that is no JSON");
    serde_json::to_string(value).map_err(failed)
}
