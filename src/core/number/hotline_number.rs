//! Hotline numbers as callers dial them, and numbers as agents and logs may show them.

/// The number of digits of a hotline number.
pub const HOTLINE_DIGITS: usize = 10;

/// The ten-digit hotline number in a dialled number, without the prefixes that carriers add.
pub fn hotline(dialled: &str) -> Option<&str> {
    const PREFIXES: [&str; 5] = ["+86", "0086", "86", "0", ""];
    let digits = PREFIXES.iter().find_map(|prefix| {
        dialled.strip_prefix(prefix).filter(|rest| rest.len() == HOTLINE_DIGITS && rest.starts_with("400"))
    })?;
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(digits)
}

/// The number of the caller as an agent may see it: digits with a leading `+`, or the empty text.
pub fn shown(caller: &str) -> &str {
    const DIGITS_MAX: usize = 20;
    let digits = caller.strip_prefix('+').unwrap_or(caller);
    let fits = (1..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { caller } else { "" }
}

/// The number with its middle digits hidden, for logs.
pub fn masked(number: &str) -> String {
    const SHOWN_EACH_SIDE: usize = 3;
    let characters: Vec<char> = number.chars().collect();
    let hidden = characters.len().saturating_sub(2 * SHOWN_EACH_SIDE);
    if hidden == 0 {
        return "*".repeat(characters.len());
    }
    let head: String = characters[..SHOWN_EACH_SIDE].iter().collect();
    let tail: String = characters[characters.len() - SHOWN_EACH_SIDE..].iter().collect();
    format!("{head}{}{tail}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hotline_is_found_behind_the_prefixes_carriers_add() {
        for dialled in ["4008001234", "864008001234", "+864008001234", "00864008001234", "04008001234"] {
            assert_eq!(hotline(dialled), Some("4008001234"), "{dialled}");
        }
        for dialled in
            ["", "400800123", "40080012345", "8008001234", "400800123a", "40080０1234", "8686400800123"]
        {
            assert_eq!(hotline(dialled), None, "{dialled}");
        }
    }

    #[test]
    fn only_a_plain_number_is_shown_to_an_agent() {
        assert_eq!(shown("+8613800138000"), "+8613800138000");
        for hostile in ["", "${system(touch pwned)}", "138\n\napi status", "anonymous", "+", "13,x=y"] {
            assert_eq!(shown(hostile), "");
        }
    }

    #[test]
    fn a_log_shows_the_ends_of_a_number_only() {
        assert_eq!(masked("13800138000"), "138*****000");
        assert_eq!(masked("123456"), "******");
        assert_eq!(masked(""), "");
    }
}
