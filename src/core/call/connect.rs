//! An agent took the call: caller and agent are joined, which answers the caller. Should the agent be gone in
//! that instant, the caller goes on hearing the ringback and the next agent is tried.

use super::attempt::Nth;
use super::env::Context;
use super::flow;
use super::timer::Timer;
use super::transition::{AgentNews, Door, Happening, Next};
use crate::command::Action;
use crate::event::Cause;
use crate::record::AttemptOutcome;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long the switch may take to join two legs that are both ready.
const BRIDGE_TIME_MAX: Millis = Millis::seconds(3);

/// Who is being joined with the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Connect {
    nth: Nth,
    /// The number of the command that joins them.
    bridge: u32,
}

impl Connect {
    pub(super) fn enter(nth: Nth, cx: &mut Context) -> Next<Self> {
        let Some(agent) = cx.agent_leg(nth) else { return Next::Go(Door::GoOn) };
        cx.end_ringback();
        let caller = cx.facts.leg.clone();
        let keep_caller = flow::after_talk(cx).map(|_| cx.fallback_after);
        let bridge = cx.order(Action::Bridge { caller, agent, keep_caller });
        cx.set(Timer::Bridge, BRIDGE_TIME_MAX);
        Next::Stay(Self { nth, bridge })
    }

    pub(super) fn on(self, happening: Happening, cx: &mut Context) -> Next<Self> {
        match happening {
            Happening::Agent(nth, AgentNews::Joined) if nth == self.nth => {
                cx.clear(Timer::Bridge);
                Next::Go(Door::Talk { nth })
            }
            Happening::Agent(nth, AgentNews::Gone) if nth == self.nth => Self::back(cx),
            Happening::Done(command, false) if command == self.bridge => self.give_up(cx),
            Happening::Due(Timer::Bridge) => self.give_up(cx),
            // Whether the order to join them was heard is unknown, and doing it twice does no harm.
            Happening::Relinked => Self::enter(self.nth, cx),
            Happening::Store(..)
            | Happening::Agent(..)
            | Happening::Caller(_)
            | Happening::Done(..)
            | Happening::SoundEnded
            | Happening::Due(_) => Next::Stay(self),
        }
    }

    fn give_up(self, cx: &mut Context) -> Next<Self> {
        cx.end_attempt(self.nth, AttemptOutcome::Dropped, Cause::Normal);
        Self::back(cx)
    }

    fn back(cx: &mut Context) -> Next<Self> {
        cx.clear(Timer::Bridge);
        cx.keep_fallback();
        Next::Go(Door::GoOn)
    }
}
