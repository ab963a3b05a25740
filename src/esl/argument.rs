//! Arguments of applications and API commands, put together from parts that cannot become a command.
//!
//! FreeSWITCH expands `${…}` in arguments, and `${api(…)}` runs an API command; it splits at spaces, commas,
//! pipes, brackets and quotes. How often an argument is expanded depends on the way it takes (application,
//! variable, dial string, export), so no number of backslashes is right everywhere. Therefore text from
//! outside is never escaped: whatever could be read as more than text is replaced.

use super::vocabulary::{ChannelId, FilePath, HangupCause, JobId};
use std::fmt::{self, Write};

/// The most bytes of one text from outside that go into a request; the rest is cut off.
pub const OUTSIDE_BYTES_MAX: usize = 256;

/// The argument of an application or of an API command: one line.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Argument(String);

impl Argument {
    /// An empty argument.
    pub fn new() -> Self {
        Self::default()
    }

    /// Text that stands in our source code; controls become spaces.
    #[must_use]
    pub fn literal(mut self, text: &'static str) -> Self {
        self.0.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
        self
    }

    /// A channel.
    #[must_use]
    pub fn channel(self, channel: &ChannelId) -> Self {
        self.shown(&channel.as_str())
    }

    /// A number.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.shown(&number)
    }

    /// A file.
    #[must_use]
    pub fn file(self, path: &FilePath) -> Self {
        self.shown(&path.as_str())
    }

    /// A cause.
    #[must_use]
    pub fn cause(self, cause: HangupCause) -> Self {
        self.shown(&cause.as_str())
    }

    /// Where a call goes, from the operator's settings.
    #[must_use]
    pub fn endpoint(self, endpoint: &Endpoint) -> Self {
        self.shown(&endpoint.0)
    }

    /// Variables for the legs to come: `{a=b,c=d}`. Nothing when there is none.
    #[must_use]
    pub fn variables(self, variables: &Variables) -> Self {
        if variables.0.is_empty() { self } else { self.shown(&format_args!("{{{}}}", variables.0)) }
    }

    /// Text from outside: a caller's number or name, a SIP header, digits, a field of the API.
    ///
    /// Letters of any script, digits and `+ - . @ : / _` stay; everything else, spaces too, becomes `_`. So
    /// does a `:` that could start a URL (`://`) or part a dial string (`:_:`). At most
    /// [`OUTSIDE_BYTES_MAX`] bytes are taken. It is no way to name a file or a destination, and of keys pressed
    /// `*` and `#` do not come through.
    #[must_use]
    pub fn outside(mut self, text: &str) -> Self {
        push_outside(&mut self.0, text);
        self
    }

    /// The argument as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn shown(mut self, part: &dyn fmt::Display) -> Self {
        // Writing to a string does not fail.
        let _ = write!(self.0, "{part}");
        self
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn push_outside(target: &mut String, text: &str) {
    let start = target.len();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if target.len() - start + character.len_utf8() > OUTSIDE_BYTES_MAX {
            return;
        }
        let kept = match character {
            // Only between two letters or digits is a colon a colon and nothing else.
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

/// Where a call goes, or the part of a dial string before or behind the number, in the switch's own words:
/// `sofia/gateway/carrier/`, `user/1001@example.org`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint(String);

/// The longest endpoint, in bytes.
pub const ENDPOINT_BYTES_MAX: usize = 512;

/// Why a text cannot be an [`Endpoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEndpoint {
    /// Nothing at all.
    #[error("an endpoint may not be empty")]
    Empty,
    /// Too long.
    #[error("an endpoint may have at most {ENDPOINT_BYTES_MAX} bytes")]
    TooLong,
    /// A character that parts or expands dial strings.
    #[error("an endpoint may not contain {0:?}, which FreeSWITCH would not read as text")]
    Character(char),
    /// `:_:`, which parts dial strings.
    #[error("an endpoint may not contain `:_:`, which would make it several")]
    Several,
}

impl Endpoint {
    /// Checks the text.
    pub fn new(text: &str) -> Result<Self, BadEndpoint> {
        const SPECIAL: &str = "${}[]()<>|,\\^&'\"`";
        if text.is_empty() {
            return Err(BadEndpoint::Empty);
        }
        if text.len() > ENDPOINT_BYTES_MAX {
            return Err(BadEndpoint::TooLong);
        }
        let special = |c: &char| c.is_control() || c.is_whitespace() || SPECIAL.contains(*c);
        if let Some(bad) = text.chars().find(special) {
            return Err(BadEndpoint::Character(bad));
        }
        if text.contains(":_:") { Err(BadEndpoint::Several) } else { Ok(Self(text.into())) }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Variables for the legs that an `originate` makes. Names stand in our source code; values are typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(String);

impl Variables {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A word of our source code.
    #[must_use]
    pub fn word(self, name: &'static str, value: &'static str) -> Self {
        self.outside(name, value)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &'static str, value: bool) -> Self {
        self.shown(name, &value)
    }

    /// A number.
    #[must_use]
    pub fn number(self, name: &'static str, value: u64) -> Self {
        self.shown(name, &value)
    }

    /// A channel.
    #[must_use]
    pub fn channel(self, name: &'static str, value: &ChannelId) -> Self {
        self.shown(name, &value.as_str())
    }

    /// A file.
    #[must_use]
    pub fn file(self, name: &'static str, value: &FilePath) -> Self {
        self.shown(name, &value.as_str())
    }

    /// A job's name, as [`outside`](Self::outside).
    #[must_use]
    pub fn job(self, name: &'static str, value: &JobId) -> Self {
        self.outside(name, value.as_str())
    }

    /// A command of the switch with its argument, which a leg is to run. Quoted, since it has spaces; no part of an
    /// argument has a quote of its own.
    #[must_use]
    pub fn command(self, name: &'static str, value: &Argument) -> Self {
        self.shown(name, &format_args!("'{}'", value.as_str().replace('\'', "_")))
    }

    /// Text from outside, as [`Argument::outside`].
    #[must_use]
    pub fn outside(self, name: &'static str, value: &str) -> Self {
        let mut clean = String::new();
        push_outside(&mut clean, value);
        self.shown(name, &clean)
    }

    fn shown(mut self, name: &'static str, value: &dyn fmt::Display) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        // A name is letters, digits, `_` and `-`; anything else in our source code is a slip.
        self.0.extend(name.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)));
        // Writing to a string does not fail.
        let _ = write!(self.0, "={value}");
        self
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0)
    }
}
