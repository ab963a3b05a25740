//! Names of things on a switch and in a call.
//!
//! A leg is one party's connection to the switch. A call is everything the daemon does for one caller; it carries the
//! name of the caller's leg. A command's id is its call and a running number, so a reply finds its call without a
//! table.

use fnv::FnvHasher;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// The longest leg name a switch may send, in bytes. FreeSWITCH uses 36, Asterisk at most 150.
pub const LEG_BYTES_MAX: usize = 150;

/// One party's connection to the switch, by the name the switch gives it.
///
/// Nearly all names are UUIDs and take 16 bytes. Another name of letters, digits and `-_.@:` is kept as text. Any
/// other text is refused, so a leg name is safe inside every switch command.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegId(Repr);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Repr {
    Uuid([u8; 16]),
    Text(Arc<str>),
}

/// A text that is not a valid name of a leg, a call or a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is no valid {kind}: expected up to {LEG_BYTES_MAX} letters, digits or -_.@:", what = quoted(.text))]
pub struct BadId {
    kind: &'static str,
    text: String,
}

fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("{shown:?}")
}

impl LegId {
    /// The leg whose UUID has these 128 bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self(Repr::Uuid(bits.to_be_bytes()))
    }

    /// 64 bits that depend on every character of the name (FNV-1a).
    pub fn fingerprint(&self) -> u64 {
        let bytes = match &self.0 {
            Repr::Uuid(bits) => &bits[..],
            Repr::Text(text) => text.as_bytes(),
        };
        let mut fnv = FnvHasher::default();
        fnv.write(bytes);
        fnv.finish()
    }
}

impl FromStr for LegId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        if let Some(bits) = uuid_bits(text.as_bytes()) {
            return Ok(Self(Repr::Uuid(bits)));
        }
        let fits = !text.is_empty() && text.len() <= LEG_BYTES_MAX;
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.@:".contains(&b)) {
            return Ok(Self(Repr::Text(text.into())));
        }
        Err(BadId { kind: "leg name", text: text.into() })
    }
}

/// The 16 bytes of a canonical lower-case UUID. Any other text stays text, so a name prints as the switch sent it.
fn uuid_bits(text: &[u8]) -> Option<[u8; 16]> {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    if text.len() != 36 || DASHES.iter().any(|&at| text[at] != b'-') {
        return None;
    }
    let mut bits = [0; 16];
    let mut nibbles = 0;
    for (at, &byte) in text.iter().enumerate() {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'-' if DASHES.contains(&at) => continue,
            _ => return None,
        };
        bits[nibbles / 2] = (bits[nibbles / 2] << 4) | value;
        nibbles += 1;
    }
    Some(bits)
}

impl Hash for LegId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Uuid(bits) => state.write(bits),
            Repr::Text(text) => state.write(text.as_bytes()),
        }
    }
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Text(text) => f.write_str(text),
            Repr::Uuid(bits) => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let mut text = [b'-'; 36];
                let mut at = 0;
                for (index, byte) in bits.iter().enumerate() {
                    if matches!(index, 4 | 6 | 8 | 10) {
                        at += 1;
                    }
                    text[at] = HEX[usize::from(byte >> 4)];
                    text[at + 1] = HEX[usize::from(byte & 15)];
                    at += 2;
                }
                f.write_str(std::str::from_utf8(&text).unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A call: the name of the caller's leg.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub LegId);

impl FromStr for CallId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        text.parse().map(Self)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of a command. Its text `<call>/<number>` goes to the switch and comes back with the result.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId {
    /// The call that gave the command.
    pub call: CallId,
    /// The number of the command, rising within the call.
    pub number: u32,
}

impl FromStr for CommandId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let parsed = text.rsplit_once('/').and_then(|(call, number)| {
            let number =
                number.parse().ok().filter(|_| number.starts_with(|c: char| ('1'..='9').contains(&c)))?;
            Some(Self { call: call.parse().ok()?, number })
        });
        parsed.ok_or_else(|| BadId { kind: "command name", text: text.into() })
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.call, self.number)
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A switch, by its name in the daemon's settings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SwitchId(pub Arc<str>);

impl fmt::Display for SwitchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SwitchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The line of one agent: one telephone number, in every hotline the number is bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineId(pub Arc<str>);

macro_rules! serde_as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string" })
            }
        }
    )*};
}
serde_as_text!(LegId, CallId, CommandId);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_leg_prints_as_it_came() {
        for text in
            ["678f058a-9c39-42fc-a2c7-b8ee02fa34f6", "678F058A-9C39-42FC-A2C7-B8EE02FA34F6", "1700000000.12"]
        {
            assert_eq!(text.parse::<LegId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_leg_name_that_could_break_a_command_is_refused() {
        for text in ["", "a b", "a\nb", "${x}", "a,b", &"x".repeat(LEG_BYTES_MAX + 1), "a/b"] {
            assert!(text.parse::<LegId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_command_name_is_its_call_and_number() {
        let id: CommandId = "1700000000.12/7".parse().unwrap();
        assert_eq!((id.call.to_string().as_str(), id.number), ("1700000000.12", 7));
        for text in ["7", "a/", "a/0", "a/+7", "a/07", "/7", "a/99999999999"] {
            assert!(text.parse::<CommandId>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_that_is_a_leg_reads_back_as_itself(text in "[-a-zA-Z0-9_.@:]{1,40}|[0-9a-fA-F-]{36}") {
            prop_assert_eq!(text.parse::<LegId>().unwrap().to_string(), text);
        }

        #[test]
        fn any_bits_read_back(bits: u128) {
            let leg = LegId::from_bits(bits);
            prop_assert_eq!(leg.to_string().parse::<LegId>().unwrap(), leg);
        }
    }
}
