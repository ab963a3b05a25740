//! Texts that are spelled character by character: telephone numbers, agent numbers, codes.

use super::row::{LETTERS, SMALL, at};
use super::{Language, Piece, Speaker};

impl Speaker {
    /// The characters one by one, without a pause: digits, letters, `+`, `*` and `#`. Any other character is left out.
    pub fn spelled(self, signs: &str) -> Vec<Piece> {
        signs.chars().filter_map(|sign| self.sign(sign)).collect()
    }

    /// Digits in groups with a pause between them: 138 0013 8000, 400 800 1234, and any other number in groups of four
    /// from its end. The leading `+86` of a mobile is left out.
    pub fn telephone(self, number: &str) -> Vec<Piece> {
        let signs: Vec<char> = number.chars().filter(|sign| self.sign(*sign).is_some()).collect();
        let signs = match signs.as_slice() {
            ['+', '8', '6', mobile @ ..] if mobile.len() == 11 && mobile.first() == Some(&'1') => mobile,
            signs => signs,
        };
        let mut rest = signs;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (group, after) = rest.split_at(first_group(rest));
            if !pieces.is_empty() {
                pieces.push(Piece::Pause);
            }
            pieces.extend(group.iter().filter_map(|sign| self.sign(*sign)));
            rest = after;
        }
        pieces
    }

    fn sign(self, sign: char) -> Option<Piece> {
        match sign {
            '1' if self.yao && self.language == Language::Mandarin => Some(Piece::Yao),
            '0'..='9' => at(&SMALL, u64::from(sign) - u64::from('0')),
            'a'..='z' | 'A'..='Z' => at(&LETTERS, u64::from(sign.to_ascii_lowercase()) - u64::from('a')),
            '+' => Some(Piece::Plus),
            '*' => Some(Piece::Star),
            '#' => Some(Piece::Pound),
            _ => None,
        }
    }
}

/// How many of these characters are spoken before the next pause, so that the rest is groups of four and no character
/// is alone.
fn first_group(signs: &[char]) -> usize {
    match signs {
        ['4' | '8', '0', '0', ..] if signs.len() == 10 => 3,
        _ if signs.len() <= 5 => signs.len(),
        _ => match signs.len() % 4 {
            0 => 4,
            1 => 5,
            rest => rest,
        },
    }
}
