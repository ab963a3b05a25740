//! The arguments of `play_and_get_digits`, and whether the pressed keys match them.
//!
//! The pattern is matched by a small reader that knows character classes, `\d`, `.`, single characters, `^`,
//! `$`, `|` on the outside, and the quantifiers `*`, `+`, `?`, `{n}`, `{n,m}`. Groups are absent.

use hotlined_core::time::Millis;

/// One run of `play_and_get_digits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Collect {
    pub min: usize,
    pub max: usize,
    pub tries: u32,
    pub timeout: Millis,
    pub terminators: String,
    pub file: String,
    pub invalid_file: String,
    pub variable: String,
    pub pattern: String,
    pub digit_timeout: Millis,
    pub pressed: String,
    pub phase: Phase,
}

/// The phase of a run of `play_and_get_digits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Plays the prompt.
    Prompt,
    /// Waits for a key.
    Waiting,
    /// Plays the sound for invalid keys or no keys.
    InvalidSound,
}

impl Collect {
    /// Reads the application's argument: `min max tries timeout terminators file invalid_file variable
    /// pattern [digit_timeout]`.
    pub fn parse(data: &str) -> Option<Self> {
        let words: Vec<&str> = data.split_whitespace().collect();
        let [min, max, tries, timeout, terminators, file, invalid_file, rest @ ..] = words.as_slice() else {
            return None;
        };
        let timeout = timeout.parse::<u64>().ok()?.max(1_000);
        Some(Self {
            min: min.parse().ok()?,
            max: max.parse::<usize>().ok()?.max(1),
            tries: tries.parse::<u32>().ok()?.max(1),
            timeout: Millis(timeout),
            terminators: terminators.replace("none", ""),
            file: (*file).into(),
            invalid_file: (*invalid_file).into(),
            variable: rest.first().copied().unwrap_or_default().into(),
            pattern: rest.get(1).copied().unwrap_or_default().into(),
            digit_timeout: Millis(rest.get(2).and_then(|ms| ms.parse().ok()).unwrap_or(timeout)),
            pressed: String::new(),
            phase: Phase::Prompt,
        })
    }

    /// The file that plays now.
    pub fn current_file(&self) -> Option<&str> {
        match self.phase {
            Phase::Prompt => Some(&self.file),
            Phase::InvalidSound => Some(&self.invalid_file),
            Phase::Waiting => None,
        }
    }

    /// Whether no further key is needed.
    pub fn is_complete(&self) -> bool {
        self.pressed.len() >= self.max
    }

    /// Whether the pressed keys are valid: enough keys that match the pattern.
    pub fn fits(&self) -> bool {
        let enough = self.pressed.len() >= self.min && !self.pressed.is_empty();
        enough && (self.pattern.is_empty() || matches(&self.pattern, &self.pressed))
    }
}

/// Whether the pattern is found anywhere in the text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let text = text.as_bytes();
    pattern.split('|').any(|branch| match branch.strip_prefix('^') {
        Some(anchored) => here(anchored.as_bytes(), text),
        None => (0..=text.len()).any(|start| here(branch.as_bytes(), &text[start..])),
    })
}

fn here(pattern: &[u8], text: &[u8]) -> bool {
    if pattern.is_empty() {
        return true;
    }
    if pattern == b"$" {
        return text.is_empty();
    }
    let (atom, rest) = pattern.split_at(atom_length(pattern));
    let (least, most, rest) = quantifier(rest);
    let run = text.iter().take(most).take_while(|&&byte| atom_takes(atom, byte)).count();
    (least..=run).rev().any(|taken| here(rest, &text[taken..]))
}

fn atom_length(pattern: &[u8]) -> usize {
    match pattern {
        [b'[', ..] => pattern.iter().position(|&b| b == b']').map_or(pattern.len(), |end| end + 1),
        [b'\\', _, ..] => 2,
        _ => 1,
    }
}

fn quantifier(rest: &[u8]) -> (usize, usize, &[u8]) {
    match rest {
        [b'*', rest @ ..] => (0, usize::MAX, rest),
        [b'+', rest @ ..] => (1, usize::MAX, rest),
        [b'?', rest @ ..] => (0, 1, rest),
        [b'{', inner @ ..] => {
            let Some(end) = inner.iter().position(|&b| b == b'}') else { return (1, 1, rest) };
            let numbers = std::str::from_utf8(&inner[..end]).unwrap_or_default();
            let (least, most) = numbers.split_once(',').unwrap_or((numbers, numbers));
            let least = least.trim().parse().unwrap_or(0);
            (least, most.trim().parse().unwrap_or(usize::MAX), &inner[end + 1..])
        }
        _ => (1, 1, rest),
    }
}

fn atom_takes(atom: &[u8], byte: u8) -> bool {
    match atom {
        [b'[', inner @ .., b']'] => {
            let (negated, inner) = match inner {
                [b'^', inner @ ..] => (true, inner),
                _ => (false, inner),
            };
            let ranged = inner.windows(3).any(|w| w[1] == b'-' && (w[0]..=w[2]).contains(&byte));
            (ranged || inner.contains(&byte)) != negated
        }
        [b'\\', b'd'] => byte.is_ascii_digit(),
        [b'\\', literal] => *literal == byte,
        [b'.'] => true,
        [literal] => *literal == byte,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_of_hotline_menus_match() {
        for (pattern, text, fits) in [
            ("[12]", "1", true),
            ("[12]", "9", false),
            (r"^\d{4}$", "1234", true),
            (r"^\d{4}$", "12345", false),
            (r"\d+", "77", true),
            ("^[0-9*#]+$", "1*", true),
            ("1|2|3", "3", true),
            ("^1$|^0$", "10", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn the_argument_is_read_as_the_switch_reads_it() {
        let collect =
            Collect::parse("1 1 3 400 # /menu.wav silence_stream://250 menu_digit [12] 4000").unwrap();
        assert_eq!((collect.min, collect.max, collect.tries, collect.timeout.0), (1, 1, 3, 1_000));
        assert_eq!((collect.variable.as_str(), collect.digit_timeout.0), ("menu_digit", 4_000));
        assert_eq!(Collect::parse("1 1 x"), None);
    }
}
