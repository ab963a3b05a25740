//! The text of a message: words with variables in braces.
//!
//! A value is put in once and as it is: braces in a caller's digits are no variable.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest text, in characters: gateways take 500 and refuse more.
pub const TEXT_CHARS_MAX: usize = 500;
/// The beginning of the name of what a caller entered.
const ENTERED: &str = "entered.";

/// The text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(Arc<str>),
    Value(Value),
}

/// A variable of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// The caller's number.
    Caller,
    /// The caller's number, masked.
    CallerMasked,
    /// When the call arrived: `3月27日9时18分`.
    Time,
    /// The number of the hotline.
    Hotline,
    /// The name of the business.
    Name,
    /// The number of the agent who talked, or was tried last.
    Agent,
    /// Where the caller's number is from.
    Area,
    /// How the call went, in Chinese.
    Outcome,
    /// How long the caller waited.
    Wait,
    /// The score of the survey.
    Score,
    /// How many calls a digest tells. Only in a digest.
    Count,
    /// The time of the first call that a digest tells. Only in a digest.
    Since,
    /// What the caller entered under this name.
    Entered(Arc<str>),
}

/// Why a text is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// There is no such variable.
    #[error(
        "there is no variable {{{0}}}: there are {{caller}}, {{caller_masked}}, {{time}}, {{hotline}}, {{name}}, \
         {{agent}}, {{area}}, {{outcome}}, {{wait}}, {{score}}, {{entered.NAME}}, and in a digest {{count}}, {{since}}"
    )]
    Unknown(String),
    /// A brace without its other one.
    #[error("a brace has no other one: a variable is written {{time}}, a brace by itself {{{{ or }}}}")]
    Brace,
    /// Too long, or nothing.
    #[error("a text of {0} characters: it must have 1 to {TEXT_CHARS_MAX}")]
    Length(usize),
    /// A control character, which telephones show as they like.
    #[error("a text may not have the control character U+{0:04X}")]
    Control(u32),
}

/// A text with its signature (签名), as gateways without templates need it. An empty signature adds nothing.
pub fn signed(sign: &str, text: &str) -> String {
    if sign.is_empty() { text.to_owned() } else { format!("【{sign}】{text}") }
}

impl Value {
    /// The variables that stand for themselves.
    pub const PLAIN: [Self; 12] = [
        Self::Caller,
        Self::CallerMasked,
        Self::Time,
        Self::Hotline,
        Self::Name,
        Self::Agent,
        Self::Area,
        Self::Outcome,
        Self::Wait,
        Self::Score,
        Self::Count,
        Self::Since,
    ];

    fn parse(name: &str) -> Option<Self> {
        let plain = Self::PLAIN.into_iter().find(|value| value.to_string() == name);
        let entered = || name.strip_prefix(ENTERED).filter(|entered| !entered.is_empty());
        plain.or_else(|| entered().map(|entered| Self::Entered(entered.into())))
    }
}

/// The name of the variable, without braces.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "caller",
            Self::CallerMasked => "caller_masked",
            Self::Time => "time",
            Self::Hotline => "hotline",
            Self::Name => "name",
            Self::Agent => "agent",
            Self::Area => "area",
            Self::Outcome => "outcome",
            Self::Wait => "wait",
            Self::Score => "score",
            Self::Count => "count",
            Self::Since => "since",
            Self::Entered(name) => return write!(f, "{ENTERED}{name}"),
        })
    }
}

impl MessageText {
    /// The text with the variables replaced; cut to what gateways take.
    pub fn render(&self, value: impl Fn(&Value) -> String) -> String {
        let rendered: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Words(words) => words.to_string(),
                Piece::Value(variable) => value(variable),
            })
            .collect();
        if rendered.chars().count() <= TEXT_CHARS_MAX {
            return rendered;
        }
        rendered.chars().take(TEXT_CHARS_MAX - 1).chain(['…']).collect()
    }

    /// The variables in the text.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Words(_) => None,
            Piece::Value(value) => Some(value),
        })
    }
}

impl FromStr for MessageText {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let length = text.chars().count();
        if !(1..=TEXT_CHARS_MAX).contains(&length) {
            return Err(InvalidText::Length(length));
        }
        if let Some(control) = text.chars().find(|letter| letter.is_control()) {
            return Err(InvalidText::Control(u32::from(control)));
        }
        let mut pieces = Vec::new();
        let mut words = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            words.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some((brace, behind)) =
                ["{{", "}}"].iter().find_map(|two| Some((&two[..1], rest.strip_prefix(two)?)))
            {
                words.push_str(brace);
                rest = behind;
                continue;
            }
            let inner = rest.strip_prefix('{').ok_or(InvalidText::Brace)?;
            let (name, behind) = inner.split_once('}').ok_or(InvalidText::Brace)?;
            let value =
                Value::parse(name).ok_or_else(|| InvalidText::Unknown(name.chars().take(40).collect()))?;
            if !words.is_empty() {
                pieces.push(Piece::Words(std::mem::take(&mut words).into()));
            }
            pieces.push(Piece::Value(value));
            rest = behind;
        }
        words.push_str(rest);
        if !words.is_empty() {
            pieces.push(Piece::Words(words.into()));
        }
        Ok(Self { pieces })
    }
}

/// The text as it is written in a file.
impl fmt::Display for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Words(words) => f.write_str(&words.replace('{', "{{").replace('}', "}}")),
            Piece::Value(value) => write!(f, "{{{value}}}"),
        })
    }
}

impl Serialize for MessageText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_was_written_and_says_its_variables_once() {
        let text: MessageText = "{{您好}}{caller}:{entered.order}!".parse().unwrap();
        assert_eq!(text.to_string(), "{{您好}}{caller}:{entered.order}!");
        // What a caller keyed is no variable.
        let rendered = text.render(|value| match value {
            Value::Caller => "{time}".to_owned(),
            other => other.to_string(),
        });
        assert_eq!(rendered, "{您好}{time}:entered.order!");
        let longest: MessageText = format!("{{caller}}{}", "字".repeat(490)).parse().unwrap();
        assert_eq!(longest.render(|_| "1".repeat(30)).chars().count(), TEXT_CHARS_MAX);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!("{colour}".parse::<MessageText>(), Err(InvalidText::Unknown("colour".into())));
        assert_eq!("{entered.}".parse::<MessageText>(), Err(InvalidText::Unknown("entered.".into())));
        for brace in ["{", "}", "a}b", "{time", "{{{"] {
            assert_eq!(brace.parse::<MessageText>(), Err(InvalidText::Brace), "{brace}");
        }
        assert_eq!("".parse::<MessageText>(), Err(InvalidText::Length(0)));
        assert_eq!("字".repeat(501).parse::<MessageText>(), Err(InvalidText::Length(501)));
        assert_eq!("a\nb".parse::<MessageText>(), Err(InvalidText::Control(10)));
    }
}
