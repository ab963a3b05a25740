//! Normalises telephone numbers: one form for all ways in which carriers deliver a number.
//!
//! | delivered | form here |
//! |---|---|
//! | `13800138000`, `013800138000`, `8613800138000`, `+86…`, `0086…`, `1795113800138000` | `13800138000` |
//! | `02188886666`, `2188886666`, `862188886666`, `88886666` of a hotline in Shanghai | `02188886666` |
//! | `95588`, `02195588`, `+8695588` | `95588` |
//! | `12345`; `02112345` | `12345`; `02112345`: another service in each city |
//! | `0085291234567`, `+85291234567` | `+85291234567` |
//! | `anonymous`, nothing | `anonymous` |
//!
//! A number that no rule matches stays unchanged, as [`Kind::Unknown`]: nothing is guessed. So a bare `95…` is a
//! service and never a landline of Ningxia, whose area codes begin with 95, and a number abroad needs its `00` or `+`.

use super::{AreaCode, HOTLINE_DIGITS, Kind, Number};
use serde::{Deserialize, Deserializer};

/// The longest text that is read, in digits: an access code, 0086 and an area code before a number.
const DIALLED_DIGITS_MAX: usize = 24;
/// The number of digits of a number abroad, with the country code (E.164).
const ABROAD_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// The words that switches and carriers send for a withheld number.
const WITHHELD: [&str; 7] =
    ["anonymous", "unavailable", "withheld", "restricted", "private", "unknown", "number_unavailable"];

/// The number in this text. A landline without area code gets the area code `home`, if there is one.
///
/// Spaces, hyphens and brackets between the digits are ignored. Full-width digits count as digits.
pub fn normalise(text: &str, home: Option<AreaCode>) -> Number {
    let text = bare(text);
    match Dialled::of(text) {
        Some(dialled) if dialled.length > 0 => dialled.number(home),
        Some(_) if text.is_empty() => Number::empty(Kind::Withheld),
        None if WITHHELD.iter().any(|word| text.eq_ignore_ascii_case(word)) => Number::empty(Kind::Withheld),
        Some(_) | None => Number::empty(Kind::Unreadable),
    }
}

/// Without what a SIP or telephone address has around its number.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let user = ["sip:", "sips:", "tel:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    user.split(['@', ';']).next().unwrap_or(user)
}

/// Reads any form, as [`normalise`] without `home`.
impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(normalise(&String::deserialize(deserializer)?, None))
    }
}

/// The digits of a text, and whether a `+` comes before them.
#[derive(Default)]
pub(super) struct Dialled {
    plus: bool,
    length: usize,
    digits: [u8; DIALLED_DIGITS_MAX],
}

impl Dialled {
    /// The digits of this text. `None` if the text is no number.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut dialled = Self::default();
        dialled.read(text)?;
        Some(dialled)
    }

    pub(super) fn plus(&self) -> bool {
        self.plus
    }

    pub(super) fn digits(&self) -> &[u8] {
        &self.digits[..self.length]
    }

    /// Reads the digits of the text. `None` if the text has other characters, or too many digits.
    fn read(&mut self, text: &str) -> Option<()> {
        for letter in text.chars() {
            let digit = match letter {
                '0'..='9' => letter as u32 - '0' as u32,
                '０'..='９' => letter as u32 - '０' as u32,
                '+' | '＋' if self.length == 0 && !self.plus => {
                    self.plus = true;
                    continue;
                }
                ' ' | '-' | '(' | ')' | '.' | '\t' | '\u{a0}' | '　' | '－' | '（' | '）' => continue,
                _ => return None,
            };
            *self.digits.get_mut(self.length)? = b'0' + digit as u8;
            self.length += 1;
        }
        Some(())
    }

    fn number(&self, home: Option<AreaCode>) -> Number {
        let digits = self.digits();
        let read = if self.plus { e164(digits) } else { dialled(digits).or_else(|| local(digits, home)) };
        read.unwrap_or_else(|| {
            let plus: &[u8] = if self.plus { b"+" } else { b"" };
            Number::of(Kind::Unknown, [plus, digits, b""])
        })
    }
}

/// The number of digits after a `+` or `00`.
fn e164(digits: &[u8]) -> Option<Number> {
    if let Some(rest) = digits.strip_prefix(b"86") {
        return national(rest, Written::International).or_else(|| behind_access_code(rest));
    }
    let fits = ABROAD_DIGITS.contains(&digits.len()) && digits[0] != b'0';
    fits.then(|| Number::of(Kind::International, [b"+", digits, b""]))
}

/// The number of digits as a caller or a carrier dials them.
fn dialled(digits: &[u8]) -> Option<Number> {
    complete(digits).or_else(|| behind_access_code(digits))
}

/// The number after the access code of a cheap IP call (IP 拨号).
fn behind_access_code(digits: &[u8]) -> Option<Number> {
    const CODE_DIGITS: usize = 5;
    let (code, rest) = digits.split_at_checked(CODE_DIGITS)?;
    let known = code.starts_with(b"179") || matches!(code, b"12593" | b"10193" | b"11808");
    if known { complete(rest).filter(is_telephone) } else { None }
}

fn complete(digits: &[u8]) -> Option<Number> {
    if let Some(rest) = digits.strip_prefix(b"00") {
        return e164(rest);
    }
    national(digits, Written::National).or_else(|| {
        // Shorter ones may be a landline without area code that begins with 86.
        const DIGITS_MIN: usize = 12;
        let rest = digits.strip_prefix(b"86").filter(|_| digits.len() >= DIGITS_MIN)?;
        national(rest, Written::International)
    })
}

fn is_telephone(number: &Number) -> bool {
    match number.kind() {
        Kind::Mobile | Kind::Landline | Kind::International => true,
        Kind::Local | Kind::Service | Kind::Hotline | Kind::Withheld | Kind::Unknown | Kind::Unreadable => {
            false
        }
    }
}

/// Whether the digits follow the country code, where an area code never has its 0.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    National,
    International,
}

fn national(digits: &[u8], written: Written) -> Option<Number> {
    if let Some(rest) = digits.strip_prefix(b"0") {
        let found = mobile(rest).or_else(|| hotline(rest)).or_else(|| in_area(rest, landline_or_service));
        return found.or_else(|| whole_country(rest));
    }
    let found = mobile(digits).or_else(|| hotline(digits));
    match written {
        Written::National => found.or_else(|| service(digits)).or_else(|| in_area(digits, landline)),
        Written::International => found.or_else(|| in_area(digits, landline)).or_else(|| service(digits)),
    }
}

fn mobile(digits: &[u8]) -> Option<Number> {
    let fits = digits.len() == 11 && digits[0] == b'1' && (b'3'..=b'9').contains(&digits[1]);
    fits.then(|| Number::of(Kind::Mobile, [digits, b"", b""]))
}

fn hotline(digits: &[u8]) -> Option<Number> {
    let fits = digits.len() == HOTLINE_DIGITS && matches!(&digits[..3], b"400" | b"800");
    fits.then(|| Number::of(Kind::Hotline, [digits, b"", b""]))
}

type InArea = fn(AreaCode, &[u8], &[u8]) -> Option<Number>;

/// Reads an area code without its 0, and the rest with `read`.
fn in_area(digits: &[u8], read: InArea) -> Option<Number> {
    let area = AreaCode::at(digits)?;
    let (code, local) = digits.split_at(area.digits());
    read(area, code, local)
}

fn landline(area: AreaCode, code: &[u8], local: &[u8]) -> Option<Number> {
    let fits = is_subscriber(local) && (local.len() == 8 || code.len() == 3);
    fits.then(|| Number::in_area(Kind::Landline, area, code, local))
}

fn landline_or_service(area: AreaCode, code: &[u8], local: &[u8]) -> Option<Number> {
    landline(area, code, local)
        .or_else(|| whole_country(local))
        .or_else(|| is_city_service(local).then(|| Number::in_area(Kind::Service, area, code, local)))
}

/// Landlines have seven digits or, in larger cities, eight. Services begin with 1 or 9.
fn is_subscriber(digits: &[u8]) -> bool {
    (7..=8).contains(&digits.len()) && (b'2'..=b'8').contains(&digits[0])
}

fn local(digits: &[u8], home: Option<AreaCode>) -> Option<Number> {
    if !is_subscriber(digits) {
        return None;
    }
    let home = home.and_then(|area| {
        let code = area.to_string();
        landline(area, &code.as_bytes()[1..], digits)
    });
    Some(home.unwrap_or_else(|| Number::of(Kind::Local, [digits, b"", b""])))
}

/// A short number without an area code.
fn service(digits: &[u8]) -> Option<Number> {
    let city = || is_city_service(digits).then(|| Number::of(Kind::Service, [digits, b"", b""]));
    whole_country(digits).or_else(city)
}

/// A short number that is the same in every city: carriers (10…), banks and other companies (95…).
fn whole_country(digits: &[u8]) -> Option<Number> {
    let fits = match digits.get(..3)? {
        // Up to six digits after the five: extensions of the company.
        [b'9', b'5', _] => (5..=11).contains(&digits.len()),
        // Ten digits are a landline of Beijing without its 0.
        b"106" => (5..=8).contains(&digits.len()) || digits.len() > 10,
        [b'1', b'0', _] => (5..=8).contains(&digits.len()),
        _ => false,
    };
    fits.then(|| Number::of(Kind::Service, [digits, b"", b""]))
}

/// A short number that differs between cities or provinces: 110, 12345, 96xxx.
fn is_city_service(digits: &[u8]) -> bool {
    match digits.get(..2) {
        Some(b"11") => matches!(digits.len(), 3 | 5 | 6),
        Some(b"12") => digits.len() == 3 || (5..=8).contains(&digits.len()),
        Some(b"96") => (5..=8).contains(&digits.len()),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::NUMBER_CHARS_MAX;
    use proptest::prelude::*;

    fn home(code: &str) -> Option<AreaCode> {
        AreaCode::parse(code).ok()
    }

    #[test]
    fn every_form_a_carrier_delivers_becomes_one() {
        use Kind::*;
        let forms = [
            (
                Mobile,
                "13800138000",
                "13800138000 013800138000 8613800138000 +8613800138000 008613800138000 +86013800138000 \
                 86013800138000 1795113800138000 12593013800138000 17951008613800138000 +861795113800138000 \
                 １３８００１３８０００ 138-0013-8000 sip:+8613800138000@10.0.0.1 tel:+86-138-0013-8000",
            ),
            (Mobile, "14900001111", "14900001111 014900001111 +8614900001111"),
            (
                Landline,
                "02188886666",
                "02188886666 2188886666 862188886666 +862188886666 00862188886666 +8602188886666 \
                 8602188886666 (021)88886666 +86(0)21-8888-6666 1790902188886666 179092188886666",
            ),
            (Landline, "075588886666", "075588886666 75588886666 8675588886666 +8675588886666"),
            (Landline, "01088886666", "01088886666 1088886666 861088886666 +861088886666"),
            (Landline, "01065551234", "1065551234 01065551234"),
            (Landline, "08888123456", "08888123456 8888123456 868888123456 +868888123456"),
            (Landline, "09518123456", "09518123456 +869518123456 00869518123456 869518123456"),
            (Service, "95588", "95588 +8695588 008695588 095588 02195588 075595588 +86095588"),
            (Service, "9518123456", "9518123456"),
            (Service, "10010", "10010 +8610010 010010 02110010"),
            (Service, "10086", "10086 010086 057110086"),
            (Service, "12345", "12345 +8612345"),
            (Service, "02112345", "02112345"),
            (Service, "01096156", "01096156"),
            (Service, "110", "110"),
            (Service, "1069012345678", "1069012345678"),
            (Hotline, "4008001234", "4008001234 04008001234 864008001234 +864008001234 400-800-1234"),
            (Hotline, "8008101234", "8008101234 +868008101234"),
            (International, "+85291234567", "+85291234567 0085291234567 1795100852-91234567"),
            (International, "+12125551234", "+12125551234 0012125551234"),
            (Local, "88886666", "88886666 8888-6666"),
            (Local, "86138000", "86138000"),
            (Local, "5551234", "5551234"),
        ];
        for (kind, form, delivered) in forms {
            for text in delivered.split_whitespace() {
                let number = normalise(text, None);
                assert_eq!((number.kind(), number.to_string()), (kind, form.to_owned()), "{text}");
            }
        }
    }

    #[test]
    fn what_fits_no_form_stays_as_it_came() {
        for text in [
            "1001",
            "0",
            "00",
            "000000",
            "+861",
            "+86",
            "+8688886666",
            "12125551234",
            "037812345678",
            "08528123456",
            "85291234567",
            "1380013800",
            "138001380001",
            "26188886666",
            "0218888666",
            "+0123456789",
            "17951",
            "179511001",
            "19999999",
            "1795188886666",
        ] {
            let number = normalise(text, home("021"));
            assert_eq!((number.kind(), number.to_string()), (Kind::Unknown, text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_number_keeps_nothing_of_its_text() {
        for text in ["${system(touch pwned)}", "alice", "138\n00138000", "*86", "+", "()", "13,8", "1+1"] {
            let number = normalise(text, None);
            assert_eq!((number.kind(), number.digits()), (Kind::Unreadable, ""), "{text}");
        }
        assert_eq!(normalise("123456789012345678901", None).kind(), Kind::Unreadable);
        for text in ["", "  ", "Anonymous", "anonymous@anonymous.invalid", "sip:anonymous@x", "UNAVAILABLE"] {
            assert_eq!(normalise(text, None).kind(), Kind::Withheld, "{text}");
        }
    }

    #[test]
    fn a_landline_without_area_code_lies_in_the_hotlines_own_area() {
        let at_home = |text, code| normalise(text, home(code)).to_string();
        assert_eq!(at_home("88886666", "021"), "02188886666");
        assert_eq!(at_home("8886666", "0311"), "03118886666");
        // Seven digits are none of a city with eight.
        assert_eq!(normalise("8886666", home("021")).kind(), Kind::Local);
        assert_eq!(at_home("075588886666", "021"), "075588886666");
        assert_eq!(at_home("12345", "021"), "12345");
    }

    fn anything() -> impl Strategy<Value = String> {
        let access =
            prop::sample::select(vec!["", "17951", "12593", "0086", "+86", "86", "00", "0", "+", "1"]);
        let area =
            prop::sample::select(vec!["", "021", "21", "10", "755", "0951", "951", "400", "95", "852"]);
        prop_oneof![
            (access.clone(), access, area, "[0-9]{0,12}").prop_map(|(a, b, c, d)| format!("{a}{b}{c}{d}")),
            "[0-9+ ]{0,26}",
            ".{0,30}",
        ]
    }

    proptest! {
        #[test]
        fn doing_it_twice_changes_nothing(text in anything(), at_home in any::<bool>()) {
            let home = if at_home { home("021") } else { None };
            let once = normalise(&text, home);
            prop_assert_eq!(normalise(&once.to_string(), home), once);
            prop_assert_eq!(normalise(&once.to_string(), None), once);
            let json = serde_json::to_string(&once).unwrap();
            prop_assert_eq!(serde_json::from_str::<Number>(&json).unwrap(), once);
        }

        #[test]
        fn any_bytes_are_some_number(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let number = normalise(&String::from_utf8_lossy(&bytes), None);
            prop_assert!(number.digits().len() <= NUMBER_CHARS_MAX);
            prop_assert!(number.digits().bytes().all(|b| b == b'+' || b.is_ascii_digit()));
        }
    }
}
