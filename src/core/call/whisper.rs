//! An agent took the call. Before they talk, the caller may hear that the call is recorded and who serves the caller,
//! and the agent where the call comes from; if the agent leaves meanwhile, the other agents are tried.

use super::attempt::AttemptIx;
use super::context::Context;
use super::ringback;
use super::timer::Timer;
use super::transition::{AgentEvent, Next, StageEvent, Transition};
use crate::command::Action;
use crate::event::Cause;
use crate::prompt::Prompt;
use crate::record::AttemptOutcome;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The longest time both announcements may take.
const WHISPER_TIME_MAX: Millis = Millis::seconds(30);

/// The stage while announcements play to caller and agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Whisper {
    #[serde(rename = "nth")]
    attempt_ix: AttemptIx,
    /// The command that plays to the agent, while it plays.
    to_agent: Option<u32>,
    /// Whether an announcement plays to the caller.
    to_caller: bool,
}

impl Whisper {
    pub(super) fn is_empty(attempt_ix: AttemptIx, cx: &Context) -> bool {
        prompt_to_caller(attempt_ix, cx).is_none() && prompt_to_agent(cx).is_none()
    }

    pub(super) fn enter(attempt_ix: AttemptIx, cx: &mut Context) -> Next<Self> {
        let to_caller = prompt_to_caller(attempt_ix, cx);
        let to_agent = prompt_to_agent(cx);
        let mut whisper = Self { attempt_ix, to_agent: None, to_caller: to_caller.is_some() };
        if let (Some(prompt), Some(leg)) = (to_agent, cx.agent_leg(attempt_ix)) {
            whisper.to_agent = Some(cx.send(Action::Play { leg, prompt, repeat: false }));
        }
        if let Some(prompt) = to_caller {
            cx.play(prompt, false);
        }
        cx.clear_timer(Timer::Wait);
        cx.set_timer(Timer::Announcement, WHISPER_TIME_MAX);
        Next::Stay(whisper)
    }

    pub(super) fn on(mut self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Agent(attempt_ix, AgentEvent::Gone) if attempt_ix == self.attempt_ix => {
                cx.stop();
                Self::resume_search(cx)
            }
            StageEvent::CommandDone(command, _) if self.to_agent == Some(command) => {
                self.to_agent = None;
                self.connect_if_done(cx)
            }
            StageEvent::SoundEnded => {
                self.to_caller = false;
                self.connect_if_done(cx)
            }
            StageEvent::Due(Timer::Announcement) => {
                cx.end_attempt(self.attempt_ix, AttemptOutcome::Dropped, Cause::Normal);
                cx.stop();
                Self::resume_search(cx)
            }
            StageEvent::Agent(attempt_ix, AgentEvent::Bridged) if attempt_ix == self.attempt_ix => {
                cx.clear_timer(Timer::Announcement);
                cx.end_ringback();
                Next::Go(Transition::Talk { attempt_ix })
            }
            // Nobody knows whether the announcements played to their end: play them again.
            StageEvent::LinkRestored => {
                cx.keep_fallback();
                Self::enter(self.attempt_ix, cx)
            }
            StageEvent::Acd(..)
            | StageEvent::Agent(..)
            | StageEvent::Caller(_)
            | StageEvent::CommandDone(..)
            | StageEvent::Due(_) => Next::Stay(self),
        }
    }

    fn connect_if_done(self, cx: &mut Context) -> Next<Self> {
        if self.to_agent.is_none() && !self.to_caller {
            cx.clear_timer(Timer::Announcement);
            return Next::Go(Transition::Connect { attempt_ix: self.attempt_ix });
        }
        if !self.to_caller && cx.state.sound.is_none() {
            // The agent's announcement still plays: the caller hears the ringback meanwhile.
            if let Some(reach) = cx.reach() {
                cx.play(ringback::choose(&reach.ringback, cx), true);
            }
        }
        Next::Stay(self)
    }

    fn resume_search(cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Announcement);
        Next::Go(Transition::ResumeSearch)
    }
}

fn prompt_to_caller(attempt_ix: AttemptIx, cx: &Context) -> Option<Prompt> {
    let before = &cx.reach()?.before;
    let agent = cx.agent(attempt_ix).filter(|_| before.agent_number);
    let number = agent.and_then(|agent| cx.spoken(|speaker| speaker.at_your_service(&agent.id)));
    Prompt::joined([before.to_caller.clone(), number].into_iter().flatten())
}

fn prompt_to_agent(cx: &Context) -> Option<Prompt> {
    cx.reach()?.before.to_agent.clone()
}
