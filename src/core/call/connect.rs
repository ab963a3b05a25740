//! An agent took the call: the switch bridges caller and agent, which answers the caller. If the agent is gone in that
//! instant, the caller goes on hearing the ringback and the next agent is tried.

use super::attempt::AttemptIx;
use super::context::Context;
use super::timer::Timer;
use super::transition::{AgentEvent, Next, StageEvent, Transition};
use super::walk;
use crate::command::Action;
use crate::event::Cause;
use crate::record::AttemptOutcome;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long the switch may take to bridge two legs that are both ready.
const BRIDGE_TIME_MAX: Millis = Millis::seconds(3);

/// The stage while the switch bridges caller and agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Connect {
    #[serde(rename = "nth")]
    attempt_ix: AttemptIx,
    /// The number of the bridge command.
    bridge: u32,
}

impl Connect {
    pub(super) fn enter(attempt_ix: AttemptIx, cx: &mut Context) -> Next<Self> {
        let Some(agent) = cx.agent_leg(attempt_ix) else { return Next::Go(Transition::ResumeSearch) };
        cx.end_ringback();
        let caller = cx.state.caller_leg.clone();
        let keep_caller = walk::after_talk(cx).map(|_| cx.fallback_after);
        let bridge = cx.send(Action::Bridge { caller, agent, keep_caller });
        cx.set_timer(Timer::Bridge, BRIDGE_TIME_MAX);
        Next::Stay(Self { attempt_ix, bridge })
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Agent(attempt_ix, AgentEvent::Bridged) if attempt_ix == self.attempt_ix => {
                cx.clear_timer(Timer::Bridge);
                Next::Go(Transition::Talk { attempt_ix })
            }
            StageEvent::Agent(attempt_ix, AgentEvent::Gone) if attempt_ix == self.attempt_ix => {
                Self::resume_search(cx)
            }
            StageEvent::CommandDone(command, false) if command == self.bridge => self.give_up(cx),
            StageEvent::Due(Timer::Bridge) => self.give_up(cx),
            // Nobody knows whether the switch got the bridge command; a second one does no harm.
            StageEvent::LinkRestored => Self::enter(self.attempt_ix, cx),
            StageEvent::Acd(..)
            | StageEvent::Agent(..)
            | StageEvent::Caller(_)
            | StageEvent::CommandDone(..)
            | StageEvent::SoundEnded
            | StageEvent::Due(_) => Next::Stay(self),
        }
    }

    fn give_up(self, cx: &mut Context) -> Next<Self> {
        cx.end_attempt(self.attempt_ix, AttemptOutcome::Dropped, Cause::Normal);
        Self::resume_search(cx)
    }

    fn resume_search(cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Bridge);
        cx.keep_fallback();
        Next::Go(Transition::ResumeSearch)
    }
}
