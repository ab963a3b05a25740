//! The agent has left: the caller is asked how it was, once more on silence, and thanked. The score belongs to the
//! call and its agent.

use super::digit_input::{Fit, Keys, Outcome};
use super::env::Context;
use super::timer::Timer;
use super::transition::{Door, Exit, Happening, Next};
use crate::command::Action;
use crate::hotline::flow::{NodeKind, Survey as Setting};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long the thanks may take.
const THANKS_TIME_MAX: Millis = Millis::seconds(30);

/// How far it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Survey {
    /// The caller is asked.
    Asking(Keys),
    /// The caller is thanked.
    Thanks,
}

impl Survey {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(setting) = setting(cx) else { return Next::Go(Door::exit("done")) };
        // Keys of the talk are no answer.
        cx.facts.keyed.clear();
        let leg = cx.facts.leg.clone();
        cx.order(Action::ForgetKeys { leg });
        let (keys, outcome) = Keys::ask(&setting.ask, |digits| fit(setting, digits), cx);
        Self::after(keys, outcome, cx)
    }

    pub(super) fn on(self, happening: Happening, cx: &mut Context) -> Next<Self> {
        let Some(setting) = setting(cx) else { return Next::Go(Door::exit("done")) };
        match (self, happening) {
            (Self::Asking(mut keys), happening) => {
                let outcome = keys.on(happening, &setting.ask, |digits| fit(setting, digits), cx);
                Self::after(keys, outcome, cx)
            }
            (Self::Thanks, Happening::SoundEnded | Happening::Due(Timer::Announcement)) => {
                cx.clear(Timer::Announcement);
                Next::Go(Door::exit("done"))
            }
            (Self::Thanks, Happening::Relinked) => {
                cx.keep_fallback();
                cx.play_again();
                Next::Stay(Self::Thanks)
            }
            (
                Self::Thanks,
                Happening::Store(..)
                | Happening::Agent(..)
                | Happening::Caller(_)
                | Happening::Done(..)
                | Happening::Due(_),
            ) => Next::Stay(Self::Thanks),
        }
    }

    fn after(keys: Keys, outcome: Outcome, cx: &mut Context) -> Next<Self> {
        match outcome {
            Outcome::Asking => Next::Stay(Self::Asking(keys)),
            Outcome::Invalid | Outcome::Timeout => Next::Go(Door::exit("timeout")),
            Outcome::Answer(score) => {
                cx.facts.findings.score = score.parse().ok();
                match setting(cx).and_then(|setting| setting.thanks.clone()) {
                    Some(thanks) => {
                        cx.play(thanks, false);
                        cx.set(Timer::Announcement, THANKS_TIME_MAX);
                        Next::Stay(Self::Thanks)
                    }
                    None => {
                        let because = format!("the caller pressed {score}").into();
                        Next::Go(Door::Exit { exit: Exit::Word("done"), because })
                    }
                }
            }
        }
    }
}

fn fit(setting: &Setting, digits: &str) -> Fit {
    match digits.parse::<u8>() {
        Ok(score) if (1..=setting.highest).contains(&score) => Fit::Whole,
        Ok(_) | Err(_) => Fit::Wrong,
    }
}

fn setting<'a>(cx: &Context<'a>) -> Option<&'a Setting> {
    if let NodeKind::Survey(setting) = &cx.node()?.kind { Some(setting) } else { None }
}
