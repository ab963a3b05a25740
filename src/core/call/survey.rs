//! The agent has left: the caller is asked for a score, once more on silence, and thanked. The score stands in the
//! call record, with the agent.

use super::context::Context;
use super::digit_input::{DigitInput, DigitMatch, InputOutcome};
use super::timer::Timer;
use super::transition::{Exit, Next, StageEvent, Transition};
use crate::command::Action;
use crate::hotline::flow::{NodeKind, Survey as SurveyNode};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long the thanks may take.
const THANKS_TIME_MAX: Millis = Millis::seconds(30);

/// How far the survey got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Survey {
    /// The caller is asked.
    Asking(DigitInput),
    /// The caller hears the thanks.
    Thanks,
}

impl Survey {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(node) = node(cx) else { return Next::Go(Transition::exit("done")) };
        // Keys pressed during the talk are no answer.
        cx.state.typed_ahead.clear();
        let leg = cx.state.caller_leg.clone();
        cx.send(Action::ForgetKeys { leg });
        let (input, outcome) = DigitInput::ask(&node.ask, |digits| match_score(node, digits), cx);
        Self::after_input(input, outcome, cx)
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        let Some(node) = node(cx) else { return Next::Go(Transition::exit("done")) };
        match (self, event) {
            (Self::Asking(mut input), event) => {
                let outcome = input.on(event, &node.ask, |digits| match_score(node, digits), cx);
                Self::after_input(input, outcome, cx)
            }
            (Self::Thanks, StageEvent::SoundEnded | StageEvent::Due(Timer::Announcement)) => {
                cx.clear_timer(Timer::Announcement);
                Next::Go(Transition::exit("done"))
            }
            (Self::Thanks, StageEvent::LinkRestored) => {
                cx.keep_fallback();
                cx.replay();
                Next::Stay(Self::Thanks)
            }
            (
                Self::Thanks,
                StageEvent::Acd(..)
                | StageEvent::Agent(..)
                | StageEvent::Caller(_)
                | StageEvent::CommandDone(..)
                | StageEvent::Due(_),
            ) => Next::Stay(Self::Thanks),
        }
    }

    fn after_input(input: DigitInput, outcome: InputOutcome, cx: &mut Context) -> Next<Self> {
        match outcome {
            InputOutcome::Pending => Next::Stay(Self::Asking(input)),
            InputOutcome::Invalid | InputOutcome::Timeout => Next::Go(Transition::exit("timeout")),
            InputOutcome::Answer(score) => {
                cx.state.record_fields.score = score.parse().ok();
                match node(cx).and_then(|node| node.thanks.clone()) {
                    Some(thanks) => {
                        cx.play(thanks, false);
                        cx.set_timer(Timer::Announcement, THANKS_TIME_MAX);
                        Next::Stay(Self::Thanks)
                    }
                    None => {
                        let reason = format!("the caller pressed {score}").into();
                        Next::Go(Transition::Exit { exit: Exit::Fixed("done"), reason })
                    }
                }
            }
        }
    }
}

fn match_score(node: &SurveyNode, digits: &str) -> DigitMatch {
    match digits.parse::<u8>() {
        Ok(score) if (1..=node.highest).contains(&score) => DigitMatch::Complete,
        Ok(_) | Err(_) => DigitMatch::Wrong,
    }
}

fn node<'a>(cx: &Context<'a>) -> Option<&'a SurveyNode> {
    if let NodeKind::Survey(node) = &cx.node()?.kind { Some(node) } else { None }
}
