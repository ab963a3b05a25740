//! How every stage asks the caller for keys: a prompt that a key interrupts, a time limit for the first key and for
//! each further key, and a limited number of tries.

use super::context::Context;
use super::timer::Timer;
use super::transition::{CallerEvent, StageEvent};
use crate::hotline::flow::Ask;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How much longer the switch reports keys than the stage waits.
const LISTEN_SPARE: Millis = Millis::seconds(2);
/// The most keys that are kept for a question that is not asked yet.
pub(super) const TYPED_AHEAD_MAX: usize = 32;

/// One question to the caller, and the keys so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DigitInput {
    digits: String,
    failures: u8,
    timeouts: u8,
    #[serde(rename = "saying")]
    playing: Playing,
}

/// What the caller hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Playing {
    /// The question.
    Question,
    /// The announcement that the answer was wrong.
    #[serde(rename = "wrong")]
    InvalidAnswer,
    /// Silence: the caller shall press keys.
    Nothing,
}

/// How the digits so far match the possible answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DigitMatch {
    /// An answer, and no longer answer begins with it.
    Complete,
    /// An answer, and a longer answer begins with it.
    Extendable,
    /// The beginning of an answer.
    Prefix,
    /// Not the beginning of any answer.
    Wrong,
}

/// The result of a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InputOutcome {
    /// None yet.
    Pending,
    /// An answer.
    Answer(String),
    /// Too many wrong answers.
    Invalid,
    /// Too many times no answer.
    Timeout,
}

impl DigitInput {
    /// Asks the question. Keys that the caller pressed before count.
    pub(super) fn ask(
        ask: &Ask,
        match_digits: impl Fn(&str) -> DigitMatch,
        cx: &mut Context,
    ) -> (Self, InputOutcome) {
        let mut input = Self { digits: String::new(), failures: 0, timeouts: 0, playing: Playing::Question };
        let typed_ahead = std::mem::take(&mut cx.state.typed_ahead);
        for digit in typed_ahead.chars() {
            let outcome = input.on_digit(digit, ask, &match_digits, cx);
            if outcome != InputOutcome::Pending {
                return (input, outcome);
            }
        }
        if input.digits.is_empty() {
            input.play_question(ask, cx);
        }
        (input, InputOutcome::Pending)
    }

    fn play_question(&mut self, ask: &Ask, cx: &mut Context) {
        self.playing = Playing::Question;
        self.digits.clear();
        cx.clear_timer(Timer::Key);
        cx.play(ask.prompt.clone(), false);
    }

    pub(super) fn on(
        &mut self,
        event: StageEvent,
        ask: &Ask,
        match_digits: impl Fn(&str) -> DigitMatch,
        cx: &mut Context,
    ) -> InputOutcome {
        match event {
            StageEvent::Caller(CallerEvent::Digit(digit)) => self.on_digit(digit, ask, &match_digits, cx),
            StageEvent::SoundEnded => {
                match self.playing {
                    Playing::InvalidAnswer => self.play_question(ask, cx),
                    Playing::Question => self.wait_for_key(ask.timeout, cx),
                    Playing::Nothing => {}
                }
                InputOutcome::Pending
            }
            StageEvent::Due(Timer::Key) if self.digits.is_empty() => {
                self.timeouts += 1;
                if self.timeouts >= ask.max_timeouts {
                    return self.done(InputOutcome::Timeout, cx);
                }
                self.play_question(ask, cx);
                InputOutcome::Pending
            }
            StageEvent::Due(Timer::Key) => {
                let matched = match_digits(&self.digits);
                self.complete(ask, matched, cx)
            }
            StageEvent::LinkRestored => {
                cx.keep_fallback();
                // Keys that the caller pressed while the link was down are lost: ask again.
                self.play_question(ask, cx);
                InputOutcome::Pending
            }
            StageEvent::Acd(..)
            | StageEvent::Agent(..)
            | StageEvent::Caller(_)
            | StageEvent::CommandDone(..)
            | StageEvent::Due(_) => InputOutcome::Pending,
        }
    }

    fn wait_for_key(&mut self, time: Millis, cx: &mut Context) {
        self.playing = Playing::Nothing;
        cx.listen(Millis(time.0 + LISTEN_SPARE.0));
        cx.set_timer(Timer::Key, time);
    }

    fn on_digit(
        &mut self,
        digit: char,
        ask: &Ask,
        match_digits: &impl Fn(&str) -> DigitMatch,
        cx: &mut Context,
    ) -> InputOutcome {
        if ask.terminator == Some(digit) && !self.digits.is_empty() {
            let matched = match_digits(&self.digits);
            return self.complete(ask, matched, cx);
        }
        self.digits.push(digit);
        let full = self.digits.len() >= usize::from(ask.digit_len);
        match match_digits(&self.digits) {
            matched @ (DigitMatch::Complete | DigitMatch::Wrong) => self.complete(ask, matched, cx),
            matched @ (DigitMatch::Extendable | DigitMatch::Prefix) if full => {
                self.complete(ask, matched, cx)
            }
            DigitMatch::Extendable | DigitMatch::Prefix => {
                self.wait_for_key(ask.inter_digit_timeout, cx);
                InputOutcome::Pending
            }
        }
    }

    /// No further digit is expected.
    fn complete(&mut self, ask: &Ask, matched: DigitMatch, cx: &mut Context) -> InputOutcome {
        let digits = std::mem::take(&mut self.digits);
        if matches!(matched, DigitMatch::Complete | DigitMatch::Extendable) {
            return self.done(InputOutcome::Answer(digits), cx);
        }
        self.failures += 1;
        if self.failures >= ask.max_failures {
            return self.done(InputOutcome::Invalid, cx);
        }
        cx.clear_timer(Timer::Key);
        match &ask.invalid {
            Some(prompt) => {
                self.playing = Playing::InvalidAnswer;
                cx.play(prompt.clone(), false);
            }
            None => self.play_question(ask, cx),
        }
        InputOutcome::Pending
    }

    fn done(&mut self, outcome: InputOutcome, cx: &mut Context) -> InputOutcome {
        cx.clear_timer(Timer::Key);
        cx.stop();
        outcome
    }
}

/// How digits match a number with a minimum and a maximum length.
pub(super) fn match_length(digits: &str, ask: &Ask) -> DigitMatch {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return DigitMatch::Wrong;
    }
    let length = digits.len();
    match (length >= usize::from(ask.digits_min), length >= usize::from(ask.digit_len)) {
        (true, true) => DigitMatch::Complete,
        (true, false) => DigitMatch::Extendable,
        (false, _) => DigitMatch::Prefix,
    }
}

/// How digits match one of these answers.
pub(super) fn match_one_of<'a>(digits: &str, answers: impl Iterator<Item = &'a str>) -> DigitMatch {
    let (mut exact, mut longer) = (false, false);
    for answer in answers.filter(|answer| answer.starts_with(digits)) {
        exact |= answer.len() == digits.len();
        longer |= answer.len() > digits.len();
    }
    match (exact, longer) {
        (true, false) => DigitMatch::Complete,
        (true, true) => DigitMatch::Extendable,
        (false, true) => DigitMatch::Prefix,
        (false, false) => DigitMatch::Wrong,
    }
}
