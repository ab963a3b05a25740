//! The caller keys in a code and hears whether it is genuine: on its first query, queried before, or unknown.

use super::context::Context;
use super::digit_input::{DigitInput, Outcome, match_length};
use super::timer::Timer;
use super::transition::{AcdEvent, Exit, Next, StageEvent, Transition};
use crate::command::AcdRequest;
use crate::hotline::flow::{NodeKind, VerifyCode};
use crate::phrases::Piece;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// How long the store may take to say how often a code was asked for.
const COUNT_TIME_MAX: Millis = Millis::seconds(2);
/// How long the answer may take to say.
const ANSWER_TIME_MAX: Millis = Millis::seconds(60);

/// How far it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verify {
    /// The caller is asked for the code.
    Asking(DigitInput),
    /// The store is asked how often it was asked for before.
    Counting(u32),
    /// The caller is told.
    Telling(Found),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Found {
    Genuine,
    Seen,
    Unknown,
}

impl Verify {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(setting) = setting(cx) else { return Next::Go(Transition::exit("invalid")) };
        let (input, outcome) = DigitInput::ask(&setting.ask, |digits| match_length(digits, &setting.ask), cx);
        Self::after(input, outcome, cx)
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        let Some(setting) = setting(cx) else { return Next::Go(Transition::exit("invalid")) };
        match (self, event) {
            (Self::Asking(mut input), event) => {
                let outcome = input.on(event, &setting.ask, |digits| match_length(digits, &setting.ask), cx);
                Self::after(input, outcome, cx)
            }
            (Self::Counting(asked), StageEvent::Acd(answered, AcdEvent::CodeSeen { times, first }))
                if asked == answered =>
            {
                Self::seen(times, first, cx)
            }
            // The set of codes says that it is genuine; how often it was asked for nobody can say now.
            (Self::Counting(_), StageEvent::Due(Timer::Acd)) => Self::seen(0, None, cx),
            (Self::Telling(found), StageEvent::SoundEnded | StageEvent::Due(Timer::Announcement)) => {
                cx.clear_timer(Timer::Announcement);
                Next::Go(Transition::Exit { exit: Exit::Fixed(found.exit()), because: found.exit().into() })
            }
            (stay @ (Self::Telling(_) | Self::Counting(_)), StageEvent::LinkRestored) => {
                cx.keep_fallback();
                cx.replay();
                Next::Stay(stay)
            }
            (
                stay @ (Self::Telling(_) | Self::Counting(_)),
                StageEvent::Acd(..)
                | StageEvent::Agent(..)
                | StageEvent::Caller(_)
                | StageEvent::CommandDone(..)
                | StageEvent::SoundEnded
                | StageEvent::Due(_),
            ) => Next::Stay(stay),
        }
    }

    fn after(input: DigitInput, outcome: Outcome, cx: &mut Context) -> Next<Self> {
        match outcome {
            Outcome::Asking => Next::Stay(Self::Asking(input)),
            Outcome::Invalid => Next::Go(Transition::exit("invalid")),
            Outcome::Timeout => Next::Go(Transition::exit("timeout")),
            Outcome::Answer(code) => Self::look_up(&code, cx),
        }
    }

    fn look_up(code: &str, cx: &mut Context) -> Next<Self> {
        let (Some(hotline), Some(setting)) = (cx.hotline, setting(cx)) else {
            return Next::Go(Transition::exit("invalid"));
        };
        if !hotline.codes.get(&setting.codes).is_some_and(|codes| codes.contains(code)) {
            return Self::tell(Found::Unknown, vec![Piece::CodeUnknown], cx);
        }
        let (hotline, codes) = (hotline.number.clone(), setting.codes.clone());
        let asked = cx.request(AcdRequest::CountCode { hotline, codes, code: code.into() });
        cx.set_timer(Timer::Acd, COUNT_TIME_MAX);
        Next::Stay(Self::Counting(asked))
    }

    fn seen(times: u32, first: Option<Instant>, cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Acd);
        match (times, first) {
            (0, _) | (_, None) => Self::tell(Found::Genuine, vec![Piece::CodeGenuine], cx),
            (times, Some(first)) => {
                let speaker = cx.hotline.map(|hotline| hotline.voice.speaker());
                let words = speaker.map(|speaker| speaker.code_seen(times.into(), first.china_date()));
                Self::tell(Found::Seen, words.unwrap_or_default(), cx)
            }
        }
    }

    fn tell(found: Found, words: Vec<Piece>, cx: &mut Context) -> Next<Self> {
        match cx.spoken(|_| words) {
            Some(prompt) => {
                cx.play(prompt, false);
                cx.set_timer(Timer::Announcement, ANSWER_TIME_MAX);
                Next::Stay(Self::Telling(found))
            }
            None => {
                Next::Go(Transition::Exit { exit: Exit::Fixed(found.exit()), because: found.exit().into() })
            }
        }
    }
}

impl Found {
    fn exit(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::Seen => "seen",
            Self::Unknown => "unknown",
        }
    }
}

fn setting<'a>(cx: &Context<'a>) -> Option<&'a VerifyCode> {
    if let NodeKind::VerifyCode(setting) = &cx.node()?.kind { Some(setting) } else { None }
}
