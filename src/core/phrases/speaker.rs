//! A speaker: a language and the way in which it is spoken.

use super::Language;

/// Who speaks: a language, and how that language is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speaker {
    /// In which language.
    pub language: Language,
    /// Whether a 1 among spelled digits is 幺, as on the telephone, so that nobody takes it for a 7 (一, 七).
    pub yao: bool,
}

impl Speaker {
    /// Who speaks this language as one does on the telephone.
    pub const fn new(language: Language) -> Self {
        Self { language, yao: true }
    }
}
