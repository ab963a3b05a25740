//! How many short messages a text takes.

/// The most characters of a single message.
const SINGLE_UNITS_MAX: usize = 70;
/// The most characters of each part of a long message: six bytes of each part number the parts.
const PART_UNITS_MAX: usize = 67;

/// The size of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// The length in UTF-16 units, as carriers count.
    pub units: usize,
    /// How many short messages are charged.
    pub segments: usize,
}

/// The size of this text. Carriers send Chinese texts as UCS-2: 70 characters are one message, of a longer text each
/// part has 67. The signature counts.
pub fn segments(signed_text: &str) -> Segments {
    let units = signed_text.encode_utf16().count();
    let segments = if units <= SINGLE_UNITS_MAX { 1 } else { units.div_ceil(PART_UNITS_MAX) };
    Segments { units, segments }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventy_characters_are_one_message_and_of_more_each_part_has_sixty_seven() {
        let of = |length: usize| segments(&"漏".repeat(length)).segments;
        assert_eq!([0, 1, 70, 71, 134, 135, 500].map(of), [1, 1, 1, 2, 2, 3, 8]);
        // Outside the basic plane a character takes two units.
        assert_eq!(segments("😀"), Segments { units: 2, segments: 1 });
    }
}
