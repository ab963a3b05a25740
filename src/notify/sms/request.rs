//! What every gateway is asked to send, and why a request cannot be made.

use hotlined_core::message::Message;
use hotlined_core::message::sending::{Refusal, RefusalClass};
use hotlined_core::time::Instant;
use url::Url;

/// The longest id that a caller of [`Gateway::request`](crate::sms::Gateway::request) may give.
pub const OUR_ID_CHARS_MAX: usize = 64;
/// The digits of a telephone number (ITU-T E.164).
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// A message that is to be sent.
#[derive(Clone)]
pub struct SmsRequest<'a> {
    /// Our id of this message: unique, visible ASCII, at most [`OUR_ID_CHARS_MAX`] characters. Receipts of Alibaba
    /// Cloud, Huawei Cloud and Yunpian repeat it.
    pub id: String,
    /// The message.
    pub message: &'a Message,
    /// Where receipts shall come to, for the gateways that are told with each message.
    pub receipt_url: Option<&'a str>,
}

/// What a request needs from outside: the time and a random text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestContext {
    /// The time in UTC. Gateways refuse a signature whose time is wrong by 5 to 15 minutes.
    pub now: Instant,
    /// A text that no other request has: letters and digits, at most 64.
    pub nonce: String,
}

/// Why a request cannot be made. No secret and no number is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The gateway takes only templates, and the settings have none of this name.
    #[error("the gateway has no template {0:?}")]
    NoTemplate(String),
    /// The template of the settings names a value that the message has not.
    #[error("the message has no value {0:?}")]
    NoValue(String),
    /// The settings' variables have names where the gateway wants an order, or the other way round.
    #[error("the variables of template {0:?} must be a list, in the order of the gateway's template")]
    NoOrder(String),
    /// The number is none.
    #[error("the number of the recipient is no telephone number")]
    Recipient,
    /// Our id is not usable.
    #[error("the id of a message must be 1 to {OUR_ID_CHARS_MAX} visible ASCII characters")]
    Id,
    /// The address of the settings is none.
    #[error("the address of the gateway is no http or https URL")]
    Url,
    /// A template of the settings failed.
    #[error("{template}{}: {reason}", in_line(*line))]
    Template {
        /// Which template.
        template: String,
        /// The line in it; 0 if unknown.
        line: usize,
        /// Why.
        reason: String,
    },
    /// What a template made cannot be sent.
    #[error("{template} makes {reason}")]
    Made {
        /// Which template.
        template: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The gateway's charset has not this character.
    #[error("the charset of the gateway has not the character U+{0:04X}")]
    Charset(u32),
}

fn in_line(line: usize) -> String {
    if line == 0 { String::new() } else { format!(", line {line}") }
}

impl RequestError {
    /// What to do about it: an operator must mend the settings, or this message will never be taken.
    pub fn class(&self) -> RefusalClass {
        match self {
            Self::NoTemplate(_)
            | Self::NoValue(_)
            | Self::NoOrder(_)
            | Self::Id
            | Self::Url
            | Self::Template { .. }
            | Self::Made { .. }
            // Another gateway may have the character.
            | Self::Charset(_) => RefusalClass::Configuration,
            Self::Recipient => RefusalClass::Rejected,
        }
    }

    /// The refusal that stands for this error: no gateway was asked.
    pub fn refusal(&self) -> Refusal {
        Refusal { class: self.class(), code: "request".to_owned(), text: self.to_string(), retry_after: None }
    }
}

/// The digits of a Chinese number, without +86.
pub(crate) fn national(number: &str) -> &str {
    number.strip_prefix("+86").or_else(|| number.strip_prefix("0086")).unwrap_or(number)
}

impl SmsRequest<'_> {
    /// Refuses what no gateway would take.
    pub(crate) fn check(&self) -> Result<(), RequestError> {
        let is_id = (1..=OUR_ID_CHARS_MAX).contains(&self.id.len());
        if !is_id || !self.id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RequestError::Id);
        }
        let digits = self.to();
        if !NUMBER_DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RequestError::Recipient);
        }
        Ok(())
    }

    /// The recipient's digits, without +86.
    pub(crate) fn to(&self) -> &str {
        national(&self.message.to)
    }

    /// The recipient's number with +86.
    pub(crate) fn to_e164(&self) -> String {
        format!("+86{}", self.to())
    }

    /// The signature of the message, or the gateway's own.
    pub(crate) fn sign<'a>(&'a self, own: &'a str) -> &'a str {
        if self.message.sign.is_empty() { own } else { &self.message.sign }
    }

    /// The text with the signature in front.
    pub(crate) fn signed_text(&self, own: &str) -> String {
        let sign = self.sign(own);
        if sign.is_empty() { self.message.text.clone() } else { format!("【{sign}】{}", self.message.text) }
    }

    /// The value of a variable of the message.
    pub(crate) fn value(&self, name: &str) -> Result<&str, RequestError> {
        let value = self.message.values.get(name).map(String::as_str);
        value.ok_or_else(|| RequestError::NoValue(name.to_owned()))
    }
}

/// The address of the settings, its authority as the header `Host` has it, and its path.
pub(crate) struct Address {
    pub(crate) url: Url,
    pub(crate) host: String,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// If it is no URL of http or https, or has a user name or a password in it.
    pub(crate) fn parse(url: &str) -> Result<Self, RequestError> {
        let url = Url::parse(url).map_err(|_| RequestError::Url)?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().ok_or(RequestError::Url)?;
        if !matches!(url.scheme(), "http" | "https") || !is_plain {
            return Err(RequestError::Url);
        }
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { url, host })
    }

    /// The address without query, and then this query.
    pub(crate) fn with_query(&self, query: &str) -> String {
        let mut url = self.url.clone();
        url.set_query((!query.is_empty()).then_some(query));
        url.set_fragment(None);
        url.into()
    }

    /// The address as it was given.
    pub(crate) fn plain(&self) -> String {
        let mut url = self.url.clone();
        url.set_fragment(None);
        url.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_its_host_as_the_header_does() {
        let host = |url: &str| Address::parse(url).map(|address| address.host);
        assert_eq!(host("https://Sms.Example:443/a").as_deref(), Ok("sms.example"));
        assert_eq!(host("http://127.0.0.1:8080").as_deref(), Ok("127.0.0.1:8080"));
        assert_eq!(host("http://[::1]:80/").as_deref(), Ok("[::1]"));
        for url in
            ["", "sms.example", "ftp://sms.example", "https://user:pass@sms.example", "file:///etc/passwd"]
        {
            assert_eq!(host(url), Err(RequestError::Url), "{url}");
        }
    }

    #[test]
    fn a_number_has_no_country_code() {
        for number in ["13800138000", "+8613800138000", "008613800138000"] {
            assert_eq!(national(number), "13800138000");
        }
    }
}
