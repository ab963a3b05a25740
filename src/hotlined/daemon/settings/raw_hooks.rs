//! The raw settings of web hooks, of the API address and of the screen pop, with every default.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A list of words: an array in the file, words with commas between them in a variable. An empty list is no list.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct RawList(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for RawList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = RawList;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of words")
            }
            fn visit_str<E>(self, text: &str) -> Result<RawList, E> {
                Ok(RawList(text.split(',').map(|word| word.trim().to_owned()).collect()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawList, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(RawList(words))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// A web hook.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawHook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
    pub(super) secret_file: Option<String>,
    pub(super) secret_old: Option<String>,
    pub(super) secret_old_file: Option<String>,
    /// Empty: all events.
    pub(super) events: RawList,
    /// Empty: all hotlines.
    pub(super) hotlines: RawList,
    /// The private networks that the hook may reach.
    pub(super) allow: RawList,
    pub(super) timeout_s: u64,
    /// Absent: our own body.
    pub(super) body: Option<String>,
}

impl Default for RawHook {
    fn default() -> Self {
        Self {
            url: String::new(),
            secret: None,
            secret_file: None,
            secret_old: None,
            secret_old_file: None,
            events: RawList::default(),
            hotlines: RawList::default(),
            allow: RawList::default(),
            timeout_s: 20,
            body: None,
        }
    }
}

/// The API address.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawApi {
    /// Absent: there is no API.
    pub(super) address: Option<String>,
    #[serde(skip_serializing)]
    pub(super) tokens: BTreeMap<String, RawToken>,
}

/// A token of the API.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawToken {
    pub(super) token: Option<String>,
    pub(super) token_file: Option<String>,
    /// Empty: all agents.
    pub(super) agents: RawList,
    /// Empty: all hotlines.
    pub(super) hotlines: RawList,
    pub(super) notices: bool,
}

/// The screen pop.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawScreenPop {
    /// Absent: the page shows the call and opens nothing.
    pub(super) url: Option<String>,
}
