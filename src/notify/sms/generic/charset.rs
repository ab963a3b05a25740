//! UTF-8 and GBK.

use encoding_rs::GBK;
use std::borrow::Cow;

/// How a gateway wants its texts encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    #[default]
    Utf8,
    /// GBK, for gateways of the old days. A character that GBK has not is an error and is not replaced: a text with
    /// holes is worse than another gateway.
    Gbk,
}

impl Charset {
    /// The name in a content type.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
        }
    }

    /// The bytes of a text; the first character that this charset has not.
    pub(super) fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, char> {
        match self {
            Self::Utf8 => Ok(Cow::Borrowed(text.as_bytes())),
            Self::Gbk => match GBK.encode(text) {
                (bytes, _, false) => Ok(bytes),
                (_, _, true) => {
                    let is_foreign = |letter: &char| GBK.encode(letter.encode_utf8(&mut [0; 4])).2;
                    Err(text.chars().find(is_foreign).unwrap_or(char::REPLACEMENT_CHARACTER))
                }
            },
        }
    }

    /// The text of bytes. Gateways that want GBK often answer in UTF-8, so that is tried first.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        if let Ok(text) = str::from_utf8(bytes) {
            return Some(Cow::Borrowed(text));
        }
        match self {
            Self::Utf8 => None,
            Self::Gbk => GBK.decode_without_bom_handling_and_without_replacement(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gbk_has_chinese_and_no_pictures() {
        assert_eq!(Charset::Gbk.encode("中a").unwrap().as_ref(), b"\xd6\xd0a");
        assert_eq!(Charset::Gbk.encode("中😀"), Err('😀'));
        assert_eq!(Charset::Gbk.decode(b"\xd6\xd0").as_deref(), Some("中"));
        assert_eq!(Charset::Gbk.decode("中".as_bytes()).as_deref(), Some("中"));
        assert_eq!(Charset::Gbk.decode(b"\xff\xff"), None);
        assert_eq!(Charset::Utf8.decode(b"\xd6\xd0"), None);
    }
}
