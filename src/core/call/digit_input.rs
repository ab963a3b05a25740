//! How a caller is asked for keys, in whatever stage: a prompt that a key ends, time for the first key and for
//! each further one, and a few more tries.

use super::env::Context;
use super::timer::Timer;
use super::transition::{CallerNews, Happening};
use crate::hotline::flow::Ask;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How much longer the switch listens than we wait.
const LISTEN_SPARE: Millis = Millis::seconds(2);
/// The most keys that are kept for a question not asked yet.
pub(super) const KEYED_MAX: usize = 32;

/// How far the asking got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Keys {
    digits: String,
    failures: u8,
    timeouts: u8,
    saying: Saying,
}

/// What the caller hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Saying {
    /// The question.
    Question,
    /// That the answer was wrong.
    Wrong,
    /// Nothing: it is the caller's turn.
    Nothing,
}

/// How the digits so far fit what may be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// An answer, and no longer one begins like this.
    Whole,
    /// An answer, and a longer one may come.
    Open,
    /// The beginning of one.
    Part,
    /// None.
    Wrong,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing yet.
    Asking,
    /// An answer.
    Answer(String),
    /// Too many wrong ones.
    Invalid,
    /// Too often silence.
    Timeout,
}

impl Keys {
    /// Asks. What was keyed before counts.
    pub(super) fn ask(ask: &Ask, fit: impl Fn(&str) -> Fit, cx: &mut Context) -> (Self, Outcome) {
        let mut keys = Self { digits: String::new(), failures: 0, timeouts: 0, saying: Saying::Question };
        let keyed = std::mem::take(&mut cx.facts.keyed);
        for digit in keyed.chars() {
            let outcome = keys.digit(digit, ask, &fit, cx);
            if outcome != Outcome::Asking {
                return (keys, outcome);
            }
        }
        if keys.digits.is_empty() {
            keys.question(ask, cx);
        }
        (keys, Outcome::Asking)
    }

    fn question(&mut self, ask: &Ask, cx: &mut Context) {
        self.saying = Saying::Question;
        self.digits.clear();
        cx.clear(Timer::Key);
        cx.play(ask.prompt.clone(), false);
    }

    pub(super) fn on(
        &mut self,
        happening: Happening,
        ask: &Ask,
        fit: impl Fn(&str) -> Fit,
        cx: &mut Context,
    ) -> Outcome {
        match happening {
            Happening::Caller(CallerNews::Digit(digit)) => self.digit(digit, ask, &fit, cx),
            Happening::SoundEnded => {
                match self.saying {
                    Saying::Wrong => self.question(ask, cx),
                    Saying::Question => self.wait(ask.timeout, cx),
                    Saying::Nothing => {}
                }
                Outcome::Asking
            }
            Happening::Due(Timer::Key) if self.digits.is_empty() => {
                self.timeouts += 1;
                if self.timeouts >= ask.max_timeouts {
                    return self.done(Outcome::Timeout, cx);
                }
                self.question(ask, cx);
                Outcome::Asking
            }
            Happening::Due(Timer::Key) => {
                let fits = fit(&self.digits);
                self.complete(ask, fits, cx)
            }
            Happening::Relinked => {
                cx.keep_fallback();
                // What was keyed meanwhile was not heard: it is asked again.
                self.question(ask, cx);
                Outcome::Asking
            }
            Happening::Store(..)
            | Happening::Agent(..)
            | Happening::Caller(_)
            | Happening::Done(..)
            | Happening::Due(_) => Outcome::Asking,
        }
    }

    fn wait(&mut self, time: Millis, cx: &mut Context) {
        self.saying = Saying::Nothing;
        cx.listen(Millis(time.0 + LISTEN_SPARE.0));
        cx.set(Timer::Key, time);
    }

    fn digit(&mut self, digit: char, ask: &Ask, fit: &impl Fn(&str) -> Fit, cx: &mut Context) -> Outcome {
        if ask.terminator == Some(digit) && !self.digits.is_empty() {
            let fits = fit(&self.digits);
            return self.complete(ask, fits, cx);
        }
        self.digits.push(digit);
        let full = self.digits.len() >= usize::from(ask.digit_len);
        match fit(&self.digits) {
            fits @ (Fit::Whole | Fit::Wrong) => self.complete(ask, fits, cx),
            fits @ (Fit::Open | Fit::Part) if full => self.complete(ask, fits, cx),
            Fit::Open | Fit::Part => {
                self.wait(ask.inter_digit_timeout, cx);
                Outcome::Asking
            }
        }
    }

    /// No further digit is awaited.
    fn complete(&mut self, ask: &Ask, fits: Fit, cx: &mut Context) -> Outcome {
        let digits = std::mem::take(&mut self.digits);
        if matches!(fits, Fit::Whole | Fit::Open) {
            return self.done(Outcome::Answer(digits), cx);
        }
        self.failures += 1;
        if self.failures >= ask.max_failures {
            return self.done(Outcome::Invalid, cx);
        }
        cx.clear(Timer::Key);
        match &ask.invalid {
            Some(prompt) => {
                self.saying = Saying::Wrong;
                cx.play(prompt.clone(), false);
            }
            None => self.question(ask, cx),
        }
        Outcome::Asking
    }

    fn done(&mut self, outcome: Outcome, cx: &mut Context) -> Outcome {
        cx.clear(Timer::Key);
        cx.stop();
        outcome
    }
}

/// How digits fit a number of so many digits.
pub(super) fn fit_length(digits: &str, ask: &Ask) -> Fit {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Fit::Wrong;
    }
    let length = digits.len();
    match (length >= usize::from(ask.digits_min), length >= usize::from(ask.digit_len)) {
        (true, true) => Fit::Whole,
        (true, false) => Fit::Open,
        (false, _) => Fit::Part,
    }
}

/// How digits fit one of these answers.
pub(super) fn fit_one_of<'a>(digits: &str, answers: impl Iterator<Item = &'a str>) -> Fit {
    let (mut exact, mut longer) = (false, false);
    for answer in answers.filter(|answer| answer.starts_with(digits)) {
        exact |= answer.len() == digits.len();
        longer |= answer.len() > digits.len();
    }
    match (exact, longer) {
        (true, false) => Fit::Whole,
        (true, true) => Fit::Open,
        (false, true) => Fit::Part,
        (false, false) => Fit::Wrong,
    }
}
