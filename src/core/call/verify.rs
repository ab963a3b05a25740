//! The caller keys in a code and hears whether it is genuine: queried for the first time, queried before, or unknown.
//! Then the flow goes on by the answer.

use super::context::Context;
use super::digit_input::{DigitInput, InputOutcome, match_length};
use super::timer::Timer;
use super::transition::{AcdEvent, Exit, Next, StageEvent, Transition};
use crate::command::AcdRequest;
use crate::hotline::flow::{NodeKind, VerifyCode};
use crate::phrases::Piece;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// How long the ACD may take to report the earlier queries.
const COUNT_TIME_MAX: Millis = Millis::seconds(2);
/// How long the answer may take to play.
const ANSWER_TIME_MAX: Millis = Millis::seconds(60);

/// How far the query got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verify {
    /// The caller is asked for the code.
    Asking(DigitInput),
    /// The ACD is asked for the earlier queries, by the request of this number.
    Counting(u32),
    /// The caller hears the answer.
    #[serde(rename = "telling")]
    Answering(CodeStatus),
}

/// What is known of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CodeStatus {
    Genuine,
    #[serde(rename = "seen")]
    QueriedBefore,
    Unknown,
}

impl Verify {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(node) = node(cx) else { return Next::Go(Transition::exit("invalid")) };
        let (input, outcome) = DigitInput::ask(&node.ask, |digits| match_length(digits, &node.ask), cx);
        Self::after_input(input, outcome, cx)
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        let Some(node) = node(cx) else { return Next::Go(Transition::exit("invalid")) };
        match (self, event) {
            (Self::Asking(mut input), event) => {
                let outcome = input.on(event, &node.ask, |digits| match_length(digits, &node.ask), cx);
                Self::after_input(input, outcome, cx)
            }
            (Self::Counting(request), StageEvent::Acd(answered, AcdEvent::CodeSeen { times, first }))
                if request == answered =>
            {
                Self::after_count(times, first, cx)
            }
            // The hotline's set of codes says that the code is genuine; the number of earlier queries stays unknown.
            (Self::Counting(_), StageEvent::Due(Timer::Acd)) => Self::after_count(0, None, cx),
            (Self::Answering(status), StageEvent::SoundEnded | StageEvent::Due(Timer::Announcement)) => {
                cx.clear_timer(Timer::Announcement);
                Next::Go(Transition::Exit { exit: Exit::Fixed(status.exit()), reason: status.exit().into() })
            }
            (stay @ (Self::Answering(_) | Self::Counting(_)), StageEvent::LinkRestored) => {
                cx.keep_fallback();
                cx.replay();
                Next::Stay(stay)
            }
            (
                stay @ (Self::Answering(_) | Self::Counting(_)),
                StageEvent::Acd(..)
                | StageEvent::Agent(..)
                | StageEvent::Caller(_)
                | StageEvent::CommandDone(..)
                | StageEvent::SoundEnded
                | StageEvent::Due(_),
            ) => Next::Stay(stay),
        }
    }

    fn after_input(input: DigitInput, outcome: InputOutcome, cx: &mut Context) -> Next<Self> {
        match outcome {
            InputOutcome::Pending => Next::Stay(Self::Asking(input)),
            InputOutcome::Invalid => Next::Go(Transition::exit("invalid")),
            InputOutcome::Timeout => Next::Go(Transition::exit("timeout")),
            InputOutcome::Answer(code) => Self::look_up(&code, cx),
        }
    }

    fn look_up(code: &str, cx: &mut Context) -> Next<Self> {
        let (Some(hotline), Some(node)) = (cx.hotline, node(cx)) else {
            return Next::Go(Transition::exit("invalid"));
        };
        if !hotline.codes.get(&node.codes).is_some_and(|codes| codes.contains(code)) {
            return Self::answer(CodeStatus::Unknown, vec![Piece::CodeUnknown], cx);
        }
        let (hotline, codes) = (hotline.number.clone(), node.codes.clone());
        let request = cx.request(AcdRequest::CountCode { hotline, codes, code: code.into() });
        cx.set_timer(Timer::Acd, COUNT_TIME_MAX);
        Next::Stay(Self::Counting(request))
    }

    fn after_count(times: u32, first: Option<Instant>, cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Acd);
        match (times, first) {
            (0, _) | (_, None) => Self::answer(CodeStatus::Genuine, vec![Piece::CodeGenuine], cx),
            (times, Some(first)) => {
                let speaker = cx.hotline.map(|hotline| hotline.voice.speaker());
                let pieces = speaker.map(|speaker| speaker.code_seen(times.into(), first.china_date()));
                Self::answer(CodeStatus::QueriedBefore, pieces.unwrap_or_default(), cx)
            }
        }
    }

    fn answer(status: CodeStatus, pieces: Vec<Piece>, cx: &mut Context) -> Next<Self> {
        match cx.spoken(|_| pieces) {
            Some(prompt) => {
                cx.play(prompt, false);
                cx.set_timer(Timer::Announcement, ANSWER_TIME_MAX);
                Next::Stay(Self::Answering(status))
            }
            None => {
                Next::Go(Transition::Exit { exit: Exit::Fixed(status.exit()), reason: status.exit().into() })
            }
        }
    }
}

impl CodeStatus {
    fn exit(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::QueriedBefore => "seen",
            Self::Unknown => "unknown",
        }
    }
}

fn node<'a>(cx: &Context<'a>) -> Option<&'a VerifyCode> {
    if let NodeKind::VerifyCode(node) = &cx.node()?.kind { Some(node) } else { None }
}
