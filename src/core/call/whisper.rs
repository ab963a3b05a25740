//! An agent took the call: before they talk, the caller may be told that the call is recorded and who serves it,
//! the agent from where the call comes. Should the agent leave meanwhile, the others are tried.

use super::attempt::Nth;
use super::env::Context;
use super::ringback;
use super::timer::Timer;
use super::transition::{AgentNews, Door, Happening, Next};
use crate::command::Action;
use crate::event::Cause;
use crate::prompt::Prompt;
use crate::record::AttemptOutcome;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The longest both announcements may take.
const WHISPER_TIME_MAX: Millis = Millis::seconds(30);

/// What is being said to whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Whisper {
    nth: Nth,
    /// The command that plays to the agent, while it does.
    to_agent: Option<u32>,
    /// Whether the caller is being told something.
    to_caller: bool,
}

impl Whisper {
    pub(super) fn has_nothing_to_say(nth: Nth, cx: &Context) -> bool {
        words_to_caller(nth, cx).is_none() && words_to_agent(cx).is_none()
    }

    pub(super) fn enter(nth: Nth, cx: &mut Context) -> Next<Self> {
        let to_caller = words_to_caller(nth, cx);
        let to_agent = words_to_agent(cx);
        let mut whisper = Self { nth, to_agent: None, to_caller: to_caller.is_some() };
        if let (Some(prompt), Some(leg)) = (to_agent, cx.agent_leg(nth)) {
            whisper.to_agent = Some(cx.order(Action::Play { leg, prompt, repeat: false }));
        }
        if let Some(prompt) = to_caller {
            cx.play(prompt, false);
        }
        cx.clear(Timer::Wait);
        cx.set(Timer::Announcement, WHISPER_TIME_MAX);
        Next::Stay(whisper)
    }

    pub(super) fn on(mut self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::Agent(nth, AgentNews::Gone) if nth == self.nth => {
                cx.stop();
                Self::back(cx)
            }
            Happening::Done(command, _) if self.to_agent == Some(command) => {
                self.to_agent = None;
                self.or_connect(cx)
            }
            Happening::SoundEnded => {
                self.to_caller = false;
                self.or_connect(cx)
            }
            Happening::Due(Timer::Announcement) => {
                cx.end_attempt(self.nth, AttemptOutcome::Dropped, Cause::Normal);
                cx.stop();
                Self::back(cx)
            }
            Happening::Agent(nth, AgentNews::Joined) if nth == self.nth => {
                cx.clear(Timer::Announcement);
                cx.end_ringback();
                Next::Go(Door::Talk { nth })
            }
            // Whether they heard it to its end is unknown: it is said again.
            Happening::Relinked => {
                cx.keep_fallback();
                Self::enter(self.nth, cx)
            }
            Happening::Store(..)
            | Happening::Agent(..)
            | Happening::Caller(_)
            | Happening::Done(..)
            | Happening::Due(_) => Next::Stay(self),
        }
    }

    fn or_connect(self, cx: &mut Context) -> Next<Self> {
        if self.to_agent.is_none() && !self.to_caller {
            cx.clear(Timer::Announcement);
            return Next::Go(Door::Connect { nth: self.nth });
        }
        if !self.to_caller && cx.facts.sound.is_none() {
            // The agent is still being told: the caller waits with the ringback.
            if let Some(reach) = cx.reach() {
                cx.play(ringback::choose(&reach.ringback, cx), true);
            }
        }
        Next::Stay(self)
    }

    fn back(cx: &mut Context) -> Next<Self> {
        cx.clear(Timer::Announcement);
        Next::Go(Door::GoOn)
    }
}

fn words_to_caller(nth: Nth, cx: &Context) -> Option<Prompt> {
    let before = &cx.reach()?.before;
    let agent = cx.agent(nth).filter(|_| before.agent_number);
    let number = agent.and_then(|agent| cx.say(|speaker| speaker.at_your_service(&agent.id)));
    Prompt::joined([before.to_caller.clone(), number].into_iter().flatten())
}

fn words_to_agent(cx: &Context) -> Option<Prompt> {
    cx.reach()?.before.to_agent.clone()
}
