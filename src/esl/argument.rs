//! Arguments of applications and API commands, built from parts that cannot inject a command.
//!
//! FreeSWITCH expands `${…}` in arguments, and `${api(…)}` runs an API command. FreeSWITCH also splits arguments at
//! spaces, commas, pipes, brackets and quotes. How often an argument is expanded depends on its use (application,
//! variable, dial string, export), so no number of backslashes is right everywhere. Therefore untrusted text is never
//! escaped: every character that could be read as more than text is replaced.
//!
//! ```
//! use hotlined_esl::argument::Argument;
//! let argument = Argument::new().literal("shown_name ").untrusted("${system(reboot)}");
//! assert_eq!(argument.as_str(), "shown_name __system_reboot__");
//! ```

use crate::vocabulary::{ChannelId, FilePath, HangupCause, JobId};
use std::fmt::{self, Write};

/// The most bytes of one untrusted text in a request. The rest is cut off.
pub const UNTRUSTED_BYTES_MAX: usize = 256;

/// The argument of an application or of an API command: one line.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Argument(String);

impl Argument {
    /// An empty argument.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a text of the source code. Control characters become spaces.
    #[must_use]
    pub fn literal(mut self, text: &'static str) -> Self {
        self.0.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
        self
    }

    /// Appends a channel id.
    #[must_use]
    pub fn channel(self, channel: &ChannelId) -> Self {
        self.push(&channel.as_str())
    }

    /// Appends a number.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.push(&number)
    }

    /// Appends the path of a file.
    #[must_use]
    pub fn file(self, path: &FilePath) -> Self {
        self.push(&path.as_str())
    }

    /// Appends a hangup cause.
    #[must_use]
    pub fn cause(self, cause: HangupCause) -> Self {
        self.push(&cause.as_str())
    }

    /// Appends an endpoint. Endpoints come from the operator's settings.
    #[must_use]
    pub fn endpoint(self, endpoint: &Endpoint) -> Self {
        self.push(&endpoint.0)
    }

    /// Appends variables for the channels of an `originate`: `{a=b,c=d}`. Appends nothing if there are no variables.
    #[must_use]
    pub fn variables(self, variables: &Variables) -> Self {
        if variables.0.is_empty() { self } else { self.push(&format_args!("{{{}}}", variables.0)) }
    }

    /// Appends untrusted text: a caller's number or name, a SIP header, digits, a field of an API request.
    ///
    /// Letters of any script, digits and `+ - . @ : / _` are kept. Every other character, also a space, becomes `_`. A
    /// `:` that could start a URL (`://`) or split a dial string (`:_:`) becomes `_`, too. At most
    /// [`UNTRUSTED_BYTES_MAX`] bytes are kept. Do not use this for a file or a destination. The keys `*` and `#` become
    /// `_`.
    #[must_use]
    pub fn untrusted(mut self, text: &str) -> Self {
        push_untrusted(&mut self.0, text);
        self
    }

    /// The argument as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn push(mut self, part: &dyn fmt::Display) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{part}");
        self
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn push_untrusted(target: &mut String, text: &str) {
    let start = target.len();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if target.len() - start + character.len_utf8() > UNTRUSTED_BYTES_MAX {
            return;
        }
        let kept = match character {
            // A colon is only text between two letters or digits.
            ':' => {
                let before = target[start..].chars().next_back().is_some_and(char::is_alphanumeric);
                before && characters.peek().is_some_and(|next| next.is_alphanumeric())
            }
            '+' | '-' | '.' | '@' | '/' | '_' => true,
            _ => character.is_alphanumeric(),
        };
        target.push(if kept { character } else { '_' });
    }
}

/// The destination of a call, or the part of a dial string before or after the number, as FreeSWITCH writes it:
/// `sofia/gateway/carrier/`, `user/1001@example.org`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint(String);

/// The longest endpoint, in bytes.
pub const ENDPOINT_BYTES_MAX: usize = 512;

/// Why a text is no valid [`Endpoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// The text is empty.
    #[error("an endpoint may not be empty")]
    Empty,
    /// The text is too long.
    #[error("an endpoint may have at most {ENDPOINT_BYTES_MAX} bytes")]
    TooLong,
    /// The text has a character that splits or expands dial strings.
    #[error("an endpoint may not contain {0:?}, which FreeSWITCH would not read as text")]
    Character(char),
    /// The text has `:_:`, which splits dial strings.
    #[error("an endpoint may not contain `:_:`, which would make it several")]
    Several,
}

impl Endpoint {
    /// Checks the text.
    ///
    /// # Errors
    ///
    /// If the text is empty, longer than [`ENDPOINT_BYTES_MAX`], or has a character that FreeSWITCH does not read as
    /// text.
    pub fn new(text: &str) -> Result<Self, InvalidEndpoint> {
        const SPECIAL: &str = "${}[]()<>|,\\^&'\"`";
        if text.is_empty() {
            return Err(InvalidEndpoint::Empty);
        }
        if text.len() > ENDPOINT_BYTES_MAX {
            return Err(InvalidEndpoint::TooLong);
        }
        let special = |c: &char| c.is_control() || c.is_whitespace() || SPECIAL.contains(*c);
        if let Some(bad) = text.chars().find(special) {
            return Err(InvalidEndpoint::Character(bad));
        }
        if text.contains(":_:") { Err(InvalidEndpoint::Several) } else { Ok(Self(text.into())) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Variables for the channels of an `originate`. The names come from the source code; the values are typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(String);

impl Variables {
    /// No variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a variable with a value of the source code.
    #[must_use]
    pub fn word(self, name: &'static str, value: &'static str) -> Self {
        self.untrusted(name, value)
    }

    /// Adds a variable with the value `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &'static str, value: bool) -> Self {
        self.push(name, &value)
    }

    /// Adds a variable with a number.
    #[must_use]
    pub fn number(self, name: &'static str, value: u64) -> Self {
        self.push(name, &value)
    }

    /// Adds a variable with a channel id.
    #[must_use]
    pub fn channel(self, name: &'static str, value: &ChannelId) -> Self {
        self.push(name, &value.as_str())
    }

    /// Adds a variable with the path of a file.
    #[must_use]
    pub fn file(self, name: &'static str, value: &FilePath) -> Self {
        self.push(name, &value.as_str())
    }

    /// Adds a variable with a job id, as [`untrusted`](Self::untrusted).
    #[must_use]
    pub fn job(self, name: &'static str, value: &JobId) -> Self {
        self.untrusted(name, value.as_str())
    }

    /// Adds a variable with a command and its argument, which the channel will run. The value is quoted, because it has
    /// spaces; no part of an argument contains a quote.
    #[must_use]
    pub fn command(self, name: &'static str, value: &Argument) -> Self {
        self.push(name, &format_args!("'{}'", value.as_str().replace('\'', "_")))
    }

    /// Adds a variable with untrusted text, as [`Argument::untrusted`].
    #[must_use]
    pub fn untrusted(self, name: &'static str, value: &str) -> Self {
        let mut clean = String::new();
        push_untrusted(&mut clean, value);
        self.push(name, &clean)
    }

    fn push(mut self, name: &'static str, value: &dyn fmt::Display) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        // A name has letters, digits, `_` and `-`. Any other character in the source code is a mistake, and is dropped.
        self.0.extend(name.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)));
        // Writing to a string cannot fail.
        let _ = write!(self.0, "={value}");
        self
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0)
    }
}
