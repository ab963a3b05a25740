//! Parses the arguments of `simulate` that describe the caller and the agents' telephones.

use hotlined_core::time::{Instant, Millis};
use hotlined_sim::dry_run::{CallerStep, ScriptedCaller, ScriptedHangUp, ScriptedPhone};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::str::FromStr;

/// The default time until a telephone is answered or rejected.
const RING_TIME_DEFAULT: Millis = Millis::seconds(3);
/// The default length of a talk.
const TALK_TIME_DEFAULT: Millis = Millis::seconds(60);
/// How long a mailbox stays in the call.
const MAILBOX_TIME: Millis = Millis::seconds(60);
/// The longest time in an argument.
const DURATION_MAX: Millis = Millis::seconds(3 * 3600);

/// What is wrong with an argument, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArgumentError {
    #[error("{0:?} is no time: write such as 2026-10-01T10:00+08:00")]
    Time(String),
    #[error("{0:?} is no span of time: write such as 5s, 1.5s, 500ms or 2m, up to {DURATION_MAX}")]
    Duration(String),
    #[error("{0:?} is nothing to press: write keys such as 1 or 802#, none, or wait:5s")]
    Keys(String),
    #[error("{0:?} names no agent: write such as 01=busy or 13900000001=answer:20s+talk:40s")]
    NoAgent(String),
    #[error(
        "{0:?} is nothing a telephone does: write busy, reject:5s, no-answer, unreachable, answer:20s, press-1:4s or mailbox:20s"
    )]
    Phone(String),
    #[error("{0:?} is nothing an agent does: write +talk:40s or +no-press behind answer or press-1")]
    PhoneOption(String),
    #[error(
        "{0:?} is nothing a caller does: write hangs-up:15s, after-talk:30s, speaks:10s or called-back:no-answer"
    )]
    Caller(String),
}

/// When the call arrives. A time without a zone is China's.
#[derive(Clone, Copy, Debug)]
pub(super) struct StartTime(pub(super) Instant);

impl FromStr for StartTime {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        let bad = || ArgumentError::Time(text.to_owned());
        let timestamp = match text.parse::<jiff::Timestamp>() {
            Ok(timestamp) => timestamp,
            Err(_) => {
                let local: DateTime = text.parse().map_err(|_| bad())?;
                let china = TimeZone::fixed(Offset::constant(8));
                local.to_zoned(china).map_err(|_| bad())?.timestamp()
            }
        };
        u64::try_from(timestamp.as_millisecond()).map(|millis| Self(Instant(millis))).map_err(|_| bad())
    }
}

fn parse_duration(text: &str) -> Result<Millis, ArgumentError> {
    let bad = || ArgumentError::Duration(text.to_owned());
    let (number, unit) = [("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0)]
        .iter()
        .find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, *millis)))
        .ok_or_else(bad)?;
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = number.parse().ok().filter(|_| plain).ok_or_else(bad)?;
    let millis = (number * unit).round();
    if millis <= DURATION_MAX.0 as f64 { Ok(Millis(millis as u64)) } else { Err(bad()) }
}

/// One input of the caller: keys, silence or a wait.
#[derive(Clone, Debug)]
pub(super) struct KeysArgument(pub(super) CallerStep);

impl FromStr for KeysArgument {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        let is_key = |c: char| c.is_ascii_digit() || c == '*' || c == '#';
        match text.strip_prefix("wait:") {
            Some(time) => Ok(Self(CallerStep::Wait(parse_duration(time)?))),
            None if text == "none" => Ok(Self(CallerStep::IgnorePrompt)),
            None if !text.is_empty() && text.chars().all(is_key) => {
                Ok(Self(CallerStep::PressKeys(text.to_owned())))
            }
            None => Err(ArgumentError::Keys(text.to_owned())),
        }
    }
}

/// An agent, and how the agent's telephone behaves.
#[derive(Clone, Debug)]
pub(super) struct AgentArgument {
    pub(super) agent: String,
    pub(super) habit: PhoneArgument,
}

impl FromStr for AgentArgument {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        match text.rsplit_once('=') {
            Some((agent, habit)) if !agent.is_empty() => {
                Ok(Self { agent: agent.to_owned(), habit: habit.parse()? })
            }
            Some(_) | None => Err(ArgumentError::NoAgent(text.to_owned())),
        }
    }
}

/// How a telephone behaves. What the argument leaves open is decided by [`PhoneArgument::habit`].
#[derive(Clone, Debug)]
pub(super) enum PhoneArgument {
    Fixed(ScriptedPhone),
    Answers { after: Millis, presses: KeyPress, talks: Millis },
}

/// When the agent presses the key that accepts the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyPress {
    /// Only if the hotline asks the agent to press a key.
    IfAsked,
    After(Millis),
    Never,
}

impl Default for PhoneArgument {
    fn default() -> Self {
        Self::Answers { after: RING_TIME_DEFAULT, presses: KeyPress::IfAsked, talks: TALK_TIME_DEFAULT }
    }
}

impl PhoneArgument {
    /// The behaviour for the simulation. `if_asked` is the time until the key press if the hotline asks for one.
    pub(super) fn habit(&self, if_asked: Option<Millis>) -> ScriptedPhone {
        match *self {
            Self::Fixed(habit) => habit,
            Self::Answers { after, presses, talks } => {
                let presses = match presses {
                    KeyPress::IfAsked => if_asked,
                    KeyPress::After(after) => Some(after),
                    KeyPress::Never => None,
                };
                ScriptedPhone::Answers { after, presses, talks: Some(talks) }
            }
        }
    }
}

impl FromStr for PhoneArgument {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        let mut parts = text.split('+');
        let first = parts.next().unwrap_or_default();
        let (word, time) = match first.split_once(':') {
            Some((word, time)) => (word, Some(parse_duration(time)?)),
            None => (first, None),
        };
        let mut phone = match (word, time) {
            ("busy", None) => Self::Fixed(ScriptedPhone::Busy),
            ("no-answer", None) => Self::Fixed(ScriptedPhone::NeverAnswers),
            ("unreachable", None) => Self::Fixed(ScriptedPhone::Unreachable),
            ("reject", time) => {
                Self::Fixed(ScriptedPhone::Refuses { after: time.unwrap_or(RING_TIME_DEFAULT) })
            }
            ("mailbox", time) => Self::Fixed(ScriptedPhone::Mailbox {
                after: time.unwrap_or(RING_TIME_DEFAULT),
                stays: MAILBOX_TIME,
            }),
            ("answer", time) => Self::Answers {
                after: time.unwrap_or(RING_TIME_DEFAULT),
                presses: KeyPress::IfAsked,
                talks: TALK_TIME_DEFAULT,
            },
            ("press-1", Some(time)) => Self::Answers {
                after: RING_TIME_DEFAULT,
                presses: KeyPress::After(time),
                talks: TALK_TIME_DEFAULT,
            },
            _ => return Err(ArgumentError::Phone(text.to_owned())),
        };
        for manner in parts {
            let bad = || ArgumentError::PhoneOption(manner.to_owned());
            let Self::Answers { presses, talks, .. } = &mut phone else { return Err(bad()) };
            match manner.split_once(':') {
                Some(("talk", time)) => *talks = parse_duration(time)?,
                None if manner == "no-press" => *presses = KeyPress::Never,
                Some(_) | None => return Err(bad()),
            }
        }
        Ok(phone)
    }
}

/// What else the caller does.
#[derive(Clone, Debug)]
pub(super) enum CallerArgument {
    Leaves(ScriptedHangUp),
    Speaks(Millis),
    CalledBack(PhoneArgument),
}

impl CallerArgument {
    pub(super) fn apply(&self, caller: &mut ScriptedCaller) {
        match self {
            Self::Leaves(leaves) => caller.hangs_up = *leaves,
            Self::Speaks(time) => caller.speech_length = *time,
            Self::CalledBack(habit) => caller.call_back_phone = habit.habit(None),
        }
    }
}

impl FromStr for CallerArgument {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        match text.split_once(':') {
            Some(("hangs-up", time)) => {
                Ok(Self::Leaves(ScriptedHangUp::AfterDialling(parse_duration(time)?)))
            }
            Some(("after-talk", time)) => {
                Ok(Self::Leaves(ScriptedHangUp::AfterBridge(parse_duration(time)?)))
            }
            Some(("speaks", time)) => Ok(Self::Speaks(parse_duration(time)?)),
            Some(("called-back", habit)) => Ok(Self::CalledBack(habit.parse()?)),
            Some(_) | None => Err(ArgumentError::Caller(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_without_a_zone_is_chinas() {
        let at = |text: &str| text.parse::<StartTime>().map(|StartTime(at)| at.to_string());
        assert_eq!(at("2026-10-01T10:00+08:00").unwrap(), "2026-10-01T02:00:00.000Z");
        assert_eq!(at("2026-10-01T10:00"), at("2026-10-01T02:00:00Z"));
        assert_eq!(at("2026-10-01 10:00:05").unwrap(), "2026-10-01T02:00:05.000Z");
        assert_eq!(at("yesterday"), Err(ArgumentError::Time("yesterday".into())));
        assert!(at("1969-01-01T00:00Z").is_err());
    }

    #[test]
    fn what_a_telephone_does_is_read_with_its_manners() {
        let habit = |text: &str| text.parse::<PhoneArgument>().map(|phone| phone.habit(None));
        let answers = |after, presses, talks| {
            Ok(ScriptedPhone::Answers { after: Millis(after), presses, talks: Some(Millis(talks)) })
        };
        assert_eq!(habit("busy"), Ok(ScriptedPhone::Busy));
        assert_eq!(habit("reject:500ms"), Ok(ScriptedPhone::Refuses { after: Millis(500) }));
        assert_eq!(habit("answer"), answers(3_000, None, 60_000));
        assert_eq!(habit("answer:20s+talk:1.5m"), answers(20_000, None, 90_000));
        assert_eq!(habit("press-1:4s+talk:5s"), answers(3_000, Some(Millis(4_000)), 5_000));
        assert_eq!(habit("busy:5s"), Err(ArgumentError::Phone("busy:5s".into())));
        assert_eq!(habit("busy+talk:5s"), Err(ArgumentError::PhoneOption("talk:5s".into())));
        assert_eq!(habit("answer+sing"), Err(ArgumentError::PhoneOption("sing".into())));
        assert_eq!(habit("answer:20"), Err(ArgumentError::Duration("20".into())));
        assert_eq!(habit("answer:4h"), Err(ArgumentError::Duration("4h".into())));
        assert_eq!(habit("answer:999m"), Err(ArgumentError::Duration("999m".into())));
    }

    #[test]
    fn keys_are_answers_silence_or_a_wait() {
        let keys = |text: &str| text.parse::<KeysArgument>().map(|KeysArgument(deed)| deed);
        assert_eq!(keys("802#"), Ok(CallerStep::PressKeys("802#".into())));
        assert_eq!(keys("none"), Ok(CallerStep::IgnorePrompt));
        assert_eq!(keys("wait:5s"), Ok(CallerStep::Wait(Millis(5_000))));
        assert_eq!(keys("8o2"), Err(ArgumentError::Keys("8o2".into())));
        assert_eq!(keys(""), Err(ArgumentError::Keys(String::new())));
    }

    proptest! {
        #[test]
        fn any_text_is_understood_or_refused(text in "\\PC{0,20}|(answer|wait|hangs-up):[0-9.]{0,400}(s|ms|m)") {
            let _ = text.parse::<StartTime>();
            let _ = text.parse::<KeysArgument>();
            let _ = text.parse::<AgentArgument>();
            let _ = text.parse::<PhoneArgument>();
            let _ = text.parse::<CallerArgument>();
        }
    }
}
