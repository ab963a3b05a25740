//! A speaker: a language and the way in which it is spoken.

use super::Language;

/// A speaker, which turns numbers and sentences into recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speaker {
    /// The language.
    pub language: Language,
    /// Whether a 1 among spelled digits is 幺, as on the telephone, because 一 sounds like 七 (7).
    pub yao: bool,
}

impl Speaker {
    /// A speaker of this language, with the digits as on the telephone.
    pub const fn new(language: Language) -> Self {
        Self { language, yao: true }
    }
}
