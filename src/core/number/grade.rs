//! The grade of a 400 number (靓号), on which plans and minimum consumption depend.
//!
//! The patterns and their classes are data: `data/grades.toml`, or a file of the same format.

use super::{Kind, Number};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::LazyLock;
use toml::Spanned;

/// The built-in table.
const BUILT_IN_TABLE: &str = include_str!("data/grades.toml");
/// The number of graded digits: those after 400.
const GRADED_DIGITS: usize = 7;
/// The least number of digits of a pattern.
const PATTERN_DIGITS_MIN: usize = 2;
/// The most patterns of a table.
const PATTERNS_MAX: usize = 200;

/// Patterns and their classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grades {
    /// The classes, the best first. The last is the class of a number without a pattern.
    classes: Vec<String>,
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    form: Form,
    class: usize,
    lucky: usize,
    four: usize,
    inside: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// Equal letters mean equal digits; different letters mean different digits.
    Shape(String),
    Rising(usize),
    Falling(usize),
}

/// The grade of a number, with the patterns in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grade {
    /// The best class of all patterns in the number.
    pub class: String,
    /// The patterns in the number, the best first. A pattern inside another of the same or a better class is left out.
    pub found: Vec<Found>,
}

/// A pattern in a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The name: AABB, or ABCD for rising digits and DCBA for falling digits.
    pub pattern: String,
    /// The digits of the pattern.
    pub digits: String,
    /// Whether these are the last digits of the number.
    pub at_end: bool,
    /// The class of the pattern.
    pub class: String,
}

/// Why a table of grades is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGrades {
    /// The text is not TOML, or has not the format of the built-in table.
    #[error("{0}")]
    Form(String),
    /// The class is not in the list of classes.
    #[error("line {line}: {class:?} is not in `classes`")]
    Class {
        /// The line, from 1.
        line: usize,
        /// The class.
        class: String,
    },
    /// The pattern does not have exactly one of the three keys.
    #[error("line {line}: write one of `shape`, `rising` and `falling` in each of [[patterns]]")]
    NotOne {
        /// The line of the class, from 1.
        line: usize,
    },
    /// The shape has other characters than letters, or is too short or too long.
    #[error("line {line}: a pattern has 2 to 7 letters or digits, such as shape = \"AABB\" or rising = 4")]
    Shape {
        /// The line of the class, from 1.
        line: usize,
    },
    /// The table has no class, or too many patterns.
    #[error("`classes` needs at least one class, and [[patterns]] may be 200 at most")]
    Size,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    classes: Vec<String>,
    #[serde(default)]
    patterns: Vec<PatternTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternTable {
    shape: Option<String>,
    rising: Option<usize>,
    falling: Option<usize>,
    class: Spanned<String>,
    lucky: Option<Spanned<String>>,
    four: Option<Spanned<String>>,
    inside: Option<Spanned<String>>,
}

static BUILT_IN: LazyLock<Grades> = LazyLock::new(|| {
    // A test reads the same text. If it were broken, every number would have the same class.
    Grades::parse(BUILT_IN_TABLE).unwrap_or(Grades { classes: vec![String::new()], patterns: Vec::new() })
});

impl Grades {
    /// The built-in table.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a table in TOML.
    ///
    /// # Errors
    ///
    /// The text is not TOML, or no valid table of grades.
    pub fn parse(text: &str) -> Result<Self, BadGrades> {
        let table: Table = toml::from_str(text).map_err(|error| BadGrades::Form(error.to_string()))?;
        if table.classes.is_empty() || table.patterns.len() > PATTERNS_MAX {
            return Err(BadGrades::Size);
        }
        let line = |at: Range<usize>| text.bytes().take(at.start).filter(|byte| *byte == b'\n').count() + 1;
        let class = |name: &Spanned<String>| {
            let at = table.classes.iter().position(|class| class == name.get_ref());
            at.ok_or_else(|| BadGrades::Class { line: line(name.span()), class: name.get_ref().clone() })
        };
        let mut patterns = Vec::with_capacity(table.patterns.len());
        for row in &table.patterns {
            let at = line(row.class.span());
            let form = match (&row.shape, row.rising, row.falling) {
                (Some(shape), None, None) => Form::Shape(shape.clone()),
                (None, Some(digits), None) => Form::Rising(digits),
                (None, None, Some(digits)) => Form::Falling(digits),
                _ => return Err(BadGrades::NotOne { line: at }),
            };
            if !form.is_sound() {
                return Err(BadGrades::Shape { line: at });
            }
            let usual = class(&row.class)?;
            patterns.push(Pattern {
                form,
                class: usual,
                lucky: row.lucky.as_ref().map_or(Ok(usual), class)?,
                four: row.four.as_ref().map_or(Ok(usual), class)?,
                inside: row.inside.as_ref().map(class).transpose()?,
            });
        }
        Ok(Self { classes: table.classes, patterns })
    }

    /// The grade of a number. `None` if the number is no 400 number.
    pub fn grade(&self, number: &Number) -> Option<Grade> {
        let digits = number.bytes().strip_prefix(b"400").filter(|_| number.kind() == Kind::Hotline)?;
        let mut all: Vec<(usize, Range<usize>, String)> = Vec::new();
        for pattern in &self.patterns {
            let length = pattern.form.digits();
            for (start, window) in digits.windows(length).enumerate().filter(|(_, w)| pattern.form.fits(w)) {
                let at = start..start + length;
                all.extend(
                    pattern.worth(window, at.end == digits.len()).map(|c| (c, at, pattern.form.name())),
                );
            }
        }
        let within = |small: &Range<usize>, large: &Range<usize>| {
            small != large && large.start <= small.start && small.end <= large.end
        };
        let mut kept: Vec<_> = all
            .iter()
            .filter(|(class, at, _)| !all.iter().any(|(other, of, _)| other <= class && within(at, of)))
            .collect();
        kept.sort_by_key(|(class, at, _)| (*class, std::cmp::Reverse(at.end), at.start));
        let best = kept.first().map_or(self.classes.len() - 1, |(class, ..)| *class);
        let found = kept.into_iter().map(|(class, at, name)| Found {
            pattern: name.clone(),
            digits: digits[at.clone()].iter().map(|digit| char::from(*digit)).collect(),
            at_end: at.end == digits.len(),
            class: self.classes[*class].clone(),
        });
        Some(Grade { class: self.classes[best].clone(), found: found.collect() })
    }
}

impl Pattern {
    /// The class of the pattern at this position, if any.
    fn worth(&self, digits: &[u8], at_end: bool) -> Option<usize> {
        if !at_end {
            return self.inside;
        }
        Some(if digits.iter().all(|digit| b"689".contains(digit)) {
            self.lucky
        } else if digits.contains(&b'4') {
            self.four
        } else {
            self.class
        })
    }
}

impl Form {
    fn digits(&self) -> usize {
        match self {
            Self::Shape(letters) => letters.len(),
            Self::Rising(digits) | Self::Falling(digits) => *digits,
        }
    }

    fn is_sound(&self) -> bool {
        let letters = match self {
            Self::Shape(letters) => letters.bytes().all(|letter| letter.is_ascii_uppercase()),
            Self::Rising(_) | Self::Falling(_) => true,
        };
        letters && (PATTERN_DIGITS_MIN..=GRADED_DIGITS).contains(&self.digits())
    }

    fn name(&self) -> String {
        let letters = || (b'A'..=b'Z').map(char::from).take(self.digits());
        match self {
            Self::Shape(letters) => letters.clone(),
            Self::Rising(_) => letters().collect(),
            Self::Falling(_) => letters().rev().collect(),
        }
    }

    /// Whether these digits, as many as the pattern has, match the pattern.
    fn fits(&self, digits: &[u8]) -> bool {
        match self {
            Self::Shape(letters) => letters.bytes().zip(digits).enumerate().all(|(at, (letter, digit))| {
                let before = letters.bytes().zip(digits).take(at);
                before.into_iter().all(|(other, its)| (letter == other) == (digit == its))
            }),
            Self::Rising(_) => digits.is_sorted_by(|one, next| *next == one + 1),
            Self::Falling(_) => digits.is_sorted_by(|one, next| *one == next + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::normalise;

    /// The class, and each pattern with its digits; `~` before what is not at the end.
    fn graded(number: &str) -> String {
        let grade = Grades::built_in().grade(&normalise(number, None)).unwrap();
        let found = grade.found.iter().map(|found| {
            format!(
                " {}{}={}:{}",
                if found.at_end { "" } else { "~" },
                found.pattern,
                found.digits,
                found.class
            )
        });
        grade.class + &found.collect::<String>()
    }

    #[test]
    fn a_number_is_worth_its_best_pattern() {
        let wrong: Vec<_> = [
            ("4008118844", "2A AABBCC=118844:2A ~ABBA=8118:1A"),
            ("4008118866", "4A AABBCC=118866:4A ~ABBA=8118:1A"),
            ("4008158866", "3A AABB=8866:3A"),
            ("4006666666", "5A AAAAAAA=6666666:5A"),
            ("4001234567", "5A ABCDEFG=1234567:5A"),
            ("4007654321", "5A GFEDCBA=7654321:5A"),
            ("4008001234", "3A ABCDE=01234:3A"),
            ("4008004321", "1A DCBA=4321:1A"),
            ("4008001111", "4A AAAA=1111:4A ~AABB=0011:1A"),
            ("4001238888", "5A AAAA=8888:5A"),
            ("4001234444", "3A AAAA=4444:3A ~ABCD=1234:1A"),
            ("4001112225", "2A ~AAABBB=111222:2A AAAB=2225:1A"),
            ("4005111222", "4A AAABBB=111222:4A"),
            ("4005112233", "4A AABBCC=112233:4A"),
            ("4000123123", "3A ABCABC=123123:3A ~ABCD=0123:1A"),
            ("4005121212", "4A ABABAB=121212:4A"),
            ("4000351221", "1A ABBA=1221:1A"),
            ("4000353888", "4A AAA=888:4A"),
            ("4001520088", "2A AABB=0088:2A"),
            ("4001350288", "1A AA=88:1A"),
            ("4001350277", "普通 AA=77:普通"),
            ("4007391628", "普通"),
            ("+864007391628", "普通"),
        ]
        .into_iter()
        .filter(|(number, worth)| graded(number) != *worth)
        .map(|(number, _)| format!("{number}: {}", graded(number)))
        .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn only_a_400_number_has_a_grade() {
        for number in ["8008101111", "13888888888", "02188888888", "", "40088888888"] {
            assert_eq!(Grades::built_in().grade(&normalise(number, None)), None, "{number}");
        }
    }

    #[test]
    fn the_built_in_table_is_sound() {
        let table = Grades::parse(BUILT_IN_TABLE).unwrap();
        assert_eq!(&table, Grades::built_in());
        for pattern in &table.patterns {
            // A luckier one is never worth less, one with a 4 or inside never more.
            let least = pattern.inside.unwrap_or(usize::MAX).min(pattern.four);
            assert!(pattern.lucky <= pattern.class && pattern.class <= least, "{:?}", pattern.form);
        }
    }

    #[test]
    fn a_faulty_table_is_refused_with_its_line() {
        let refused = |pattern: &str| {
            let text = format!("classes = [\"1A\", \"-\"]\n[[patterns]]\n{pattern}\n");
            Grades::parse(&text).unwrap_err().to_string()
        };
        assert_eq!(refused("shape = \"AA\"\nclass = \"2A\""), "line 4: \"2A\" is not in `classes`");
        assert!(refused("class = \"1A\"").starts_with("line 3: write one of"));
        assert!(refused("shape = \"AA\"\nrising = 2\nclass = \"1A\"").starts_with("line 5: write one of"));
        for bad in ["shape = \"A\"", "shape = \"aabb\"", "rising = 8", "falling = 0", "shape = \"AAAAAAAA\""]
        {
            assert!(
                refused(&format!("{bad}\nclass = \"1A\"")).starts_with("line 4: a pattern has 2"),
                "{bad}"
            );
        }
        assert!(refused("shap = \"AA\"\nclass = \"1A\"").contains("line 3"));
        assert_eq!(Grades::parse("classes = []"), Err(BadGrades::Size));
    }
}
