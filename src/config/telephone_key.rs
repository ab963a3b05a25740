//! Which characters are keys of a telephone.

/// Whether a telephone has this key.
pub(super) fn is_telephone_key(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, '*' | '#')
}

/// Whether callers dial the exit of this name: every character is a telephone key.
pub(super) fn is_dialled(exit: &str) -> bool {
    !exit.is_empty() && exit.chars().all(is_telephone_key)
}
