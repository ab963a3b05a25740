//! Telephone numbers and endpoints that are safe in an originate string.
//!
//! A switch reads a checked text as a destination and as nothing else: no variable, no second leg, no application.
//! Whether the destination answers, and the region of a number, are not known here.

use crate::id::LineId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The fewest digits of an agent's telephone number: a short extension behind a trunk.
pub const PHONE_DIGITS_MIN: usize = 3;
/// The most digits of an agent's telephone number: `00`, a country and 15 digits of E.164 with room left.
pub const PHONE_DIGITS_MAX: usize = 20;
/// The longest endpoint, in bytes.
pub const ENDPOINT_BYTES_MAX: usize = 256;

/// Why a text is no valid destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDial {
    /// The telephone number has a character that is no digit.
    #[error(
        "a telephone number has no {0:?}: write ASCII digits, with a leading + if need be; spaces and dashes are dropped"
    )]
    PhoneCharacter(char),
    /// The telephone number is too short or too long.
    #[error(
        "a telephone number of {0} digits: it must have {PHONE_DIGITS_MIN} to {PHONE_DIGITS_MAX}, \
         with the area code for a landline"
    )]
    PhoneDigits(usize),
    /// The endpoint has no technology, or nothing behind the technology.
    #[error("{0:?} is no endpoint: write technology/place, such as user/1001 or sofia/gateway/pbx/1001")]
    EndpointForm(String),
    /// The endpoint has a character that could have a special meaning for a switch.
    #[error("an endpoint may not contain {0:?}: use ASCII letters, digits and / . _ - + @ : % * #")]
    EndpointCharacter(char),
    /// The endpoint has the separator that calls several legs.
    #[error(
        "an endpoint may not contain \":_:\", which calls several at once: make each an agent of its own"
    )]
    EndpointSeveral,
    /// The endpoint is too long for an originate string.
    #[error("an endpoint may have at most {ENDPOINT_BYTES_MAX} bytes")]
    EndpointTooLong,
    /// The trunk does not have exactly one `{number}`.
    #[error(
        "a trunk must contain {{number}} exactly once, not {0} times: such as sofia/gateway/carrier/{{number}}"
    )]
    TrunkNumber(usize),
}

/// The destination of a call to an agent. [`Dial::phone`] and [`Dial::endpoint`] make one and refuse every text that
/// could have a special meaning for a switch; deserialization refuses the same texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "Unchecked")]
pub enum Dial {
    /// A telephone number. The settings of the switch name the trunk.
    Phone(Arc<str>),
    /// An endpoint in the notation of the switch: an extension, or a trunk of its own.
    Endpoint(Arc<str>),
}

/// A [`Dial`] as stored in a journal or a saved call.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unchecked {
    Phone(String),
    Endpoint(String),
}

impl TryFrom<Unchecked> for Dial {
    type Error = InvalidDial;

    fn try_from(unchecked: Unchecked) -> Result<Self, InvalidDial> {
        match unchecked {
            Unchecked::Phone(phone) => Self::phone(&phone),
            Unchecked::Endpoint(endpoint) => Self::endpoint(&endpoint),
        }
    }
}

impl Dial {
    /// A telephone number: digits with an optional leading `+`. Spaces and dashes are dropped.
    ///
    /// # Errors
    ///
    /// The text has another character, or too few or too many digits.
    pub fn phone(text: &str) -> Result<Self, InvalidDial> {
        let kept: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = kept.strip_prefix('+').unwrap_or(&kept);
        if let Some(bad) = digits.chars().find(|c| !c.is_ascii_digit()) {
            return Err(InvalidDial::PhoneCharacter(bad));
        }
        if !(PHONE_DIGITS_MIN..=PHONE_DIGITS_MAX).contains(&digits.len()) {
            return Err(InvalidDial::PhoneDigits(digits.len()));
        }
        Ok(Self::Phone(kept.into()))
    }

    /// An endpoint in the notation of the switch.
    ///
    /// # Errors
    ///
    /// The text is no endpoint, or has a character that could have a special meaning for a switch.
    pub fn endpoint(text: &str) -> Result<Self, InvalidDial> {
        check_endpoint(text)?;
        Ok(Self::Endpoint(text.into()))
    }

    /// The line that a call to this destination takes. All forms of one Chinese number are one line, so that two
    /// hotlines that write the number differently share its lines: `+86 139…`, `0086139…` and `0139…`
    /// are the mobile `139…`, and `+8621…` is the landline `021…`.
    pub fn line(&self) -> LineId {
        match self {
            Self::Endpoint(endpoint) => LineId(endpoint.clone()),
            Self::Phone(phone) => LineId(national(phone)),
        }
    }
}

/// The number as dialled from anywhere in China. A foreign number is unchanged.
fn national(phone: &Arc<str>) -> Arc<str> {
    let bare = phone.strip_prefix("+86").or_else(|| phone.strip_prefix("0086"));
    let rest = bare.unwrap_or(phone);
    let mobile = rest.strip_prefix('0').unwrap_or(rest);
    let is_mobile = |n: &str| n.len() == 11 && n.starts_with('1') && matches!(n.as_bytes()[1], b'3'..=b'9');
    match bare {
        _ if is_mobile(mobile) => mobile.into(),
        // Within the country a landline is dialled with the 0 that its international form drops; area code
        // and number make 9 to 11 digits. A service number (95588) and a 400 or 800 number take no 0.
        Some(rest)
            if matches!(rest.len(), 9..=11) && !["0", "400", "800"].iter().any(|p| rest.starts_with(p)) =>
        {
            format!("0{rest}").into()
        }
        Some(rest) => rest.into(),
        None => phone.clone(),
    }
}

fn check_endpoint(text: &str) -> Result<(), InvalidDial> {
    if text.len() > ENDPOINT_BYTES_MAX {
        return Err(InvalidDial::EndpointTooLong);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/._-+@:%*#".contains(c);
    if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        return Err(InvalidDial::EndpointCharacter(bad));
    }
    // FreeSWITCH's enterprise originate (switch_ivr_originate.c: SWITCH_ENT_ORIGINATE_DELIM).
    if text.contains(":_:") {
        return Err(InvalidDial::EndpointSeveral);
    }
    match text.split_once('/') {
        Some((technology, place)) if !technology.is_empty() && !place.is_empty() => Ok(()),
        _ => Err(InvalidDial::EndpointForm(text.into())),
    }
}

/// The endpoint template through which telephone numbers are called: a text with one `{number}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    before: Arc<str>,
    after: Arc<str>,
}

/// The placeholder of the number in a [`Trunk`].
const NUMBER: &str = "{number}";

impl Trunk {
    /// The endpoint for this telephone number, in the form of [`Dial::phone`].
    pub fn endpoint(&self, phone: &str) -> String {
        format!("{}{phone}{}", self.before, self.after)
    }
}

impl FromStr for Trunk {
    type Err = InvalidDial;

    fn from_str(text: &str) -> Result<Self, InvalidDial> {
        let parts: Vec<&str> = text.split(NUMBER).collect();
        let [before, after] = parts[..] else {
            return Err(InvalidDial::TrunkNumber(parts.len() - 1));
        };
        let longest = "9".repeat(PHONE_DIGITS_MAX);
        check_endpoint(&format!("{before}+{longest}{after}"))?;
        if !before.contains('/') {
            return Err(InvalidDial::EndpointForm(text.into()));
        }
        Ok(Self { before: before.into(), after: after.into() })
    }
}

impl fmt::Display for Trunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{NUMBER}{}", self.before, self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn phone(text: &str) -> Dial {
        Dial::Phone(text.into())
    }

    #[test]
    fn a_phone_keeps_its_digits_and_plus() {
        assert_eq!(Dial::phone("139-0000 0001"), Ok(phone("13900000001")));
        assert_eq!(Dial::phone("+86 21 8888 6666"), Ok(phone("+862188886666")));
        assert_eq!(Dial::phone("１39"), Err(InvalidDial::PhoneCharacter('１')));
        assert_eq!(Dial::phone("139+"), Err(InvalidDial::PhoneCharacter('+')));
        assert_eq!(Dial::phone(" - "), Err(InvalidDial::PhoneDigits(0)));
    }

    #[test]
    fn one_number_is_one_line_however_it_is_written() {
        for text in ["13900000001", "+8613900000001", "008613900000001", "013900000001"] {
            assert_eq!(&*Dial::phone(text).unwrap().line().0, "13900000001", "{text}");
        }
        for text in ["02188886666", "+862188886666", "00862188886666"] {
            assert_eq!(&*Dial::phone(text).unwrap().line().0, "02188886666", "{text}");
        }
        for text in ["95588", "1001", "+14155550100", "88886666", "0014155550100"] {
            assert_eq!(&*Dial::phone(text).unwrap().line().0, text);
        }
        assert_eq!(&*Dial::phone("+8695588").unwrap().line().0, "95588");
        assert_eq!(&*Dial::phone("+864008001234").unwrap().line().0, "4008001234");
    }

    #[test]
    fn an_endpoint_names_a_place_and_nothing_more() {
        for text in
            ["user/1001", "sofia/gateway/pbx/1001", "sofia/internal/1001%pbx.example", "PJSIP/1001@trunk"]
        {
            assert!(Dial::endpoint(text).is_ok(), "{text}");
        }
        for bad in " \t\n\0$ {}[]'\"\\|,^&<>();=!?`~用".chars() {
            let text = format!("user/10{bad}01");
            assert_eq!(Dial::endpoint(&text), Err(InvalidDial::EndpointCharacter(bad)), "{bad:?}");
        }
        for text in ["", "1001", "/1001", "user/"] {
            assert_eq!(Dial::endpoint(text), Err(InvalidDial::EndpointForm(text.into())));
        }
        assert_eq!(Dial::endpoint("user/1:_:user/2"), Err(InvalidDial::EndpointSeveral));
    }

    #[test]
    fn a_saved_place_is_checked_when_it_is_read_back() {
        for dial in [phone("+8613900000001"), Dial::Endpoint("user/1001".into())] {
            let json = serde_json::to_string(&dial).unwrap();
            assert_eq!(serde_json::from_str::<Dial>(&json).unwrap(), dial);
        }
        for json in [r#"{"endpoint":"user/${system x}"}"#, r#"{"phone":"139,user/1001"}"#] {
            assert!(serde_json::from_str::<Dial>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_trunk_takes_the_number_once() {
        let trunk: Trunk = "sofia/gateway/carrier/9{number}".parse().unwrap();
        assert_eq!(trunk.endpoint("139"), "sofia/gateway/carrier/9139");
        assert_eq!(trunk.to_string(), "sofia/gateway/carrier/9{number}");
        assert_eq!("sofia/gateway/x/".parse::<Trunk>(), Err(InvalidDial::TrunkNumber(0)));
        assert_eq!("s/{number}/{number}".parse::<Trunk>(), Err(InvalidDial::TrunkNumber(2)));
        assert_eq!("s/${number}".parse::<Trunk>(), Err(InvalidDial::EndpointCharacter('$')));
        assert_eq!("{number}/s".parse::<Trunk>(), Err(InvalidDial::EndpointForm("{number}/s".into())));
    }

    proptest! {
        #[test]
        fn any_text_is_a_safe_endpoint_or_refused(text in "\\PC{0,40}|[a-z/:_]{0,12}") {
            let forbidden = |c: char| c.is_whitespace() || c.is_control() || "${}[]'\"\\|,^&<>();".contains(c);
            for dial in [Dial::endpoint(&text), Dial::phone(&text)] {
                if let Ok(Dial::Endpoint(kept) | Dial::Phone(kept)) = dial {
                    prop_assert!(!kept.contains(forbidden) && !kept.contains(":_:"));
                }
            }
        }
    }
}
